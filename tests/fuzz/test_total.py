"""How many malformed inputs the tests of this folder try (named so that it comes last)."""

LEAST = 2000


def test_at_least_two_thousand_inputs_were_tried(request, tried):
    modules = {item.path.name for item in request.session.items if item.path.parent.name == "fuzz"}
    if len(modules) > 8:  # the whole folder, and not one of its files
        assert tried.inputs >= LEAST
        assert tried.refused >= LEAST // 2
