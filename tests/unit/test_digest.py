"""The code digest changes with logic alone, and follows imports."""

import pytest

from epigroup import digest


@pytest.fixture
def package(tmp_path, monkeypatch):
    scripts = tmp_path / "workflow" / "scripts"
    (scripts / "epigroup" / "grouping").mkdir(parents=True)
    (scripts / "train_pack.py").write_text('"""Train."""\nfrom epigroup.training import run\nrun()\n')
    (scripts / "epigroup" / "__init__.py").write_text("")
    (scripts / "epigroup" / "grouping" / "__init__.py").write_text("METHODS = {}\n")
    (scripts / "epigroup" / "grouping" / "kmeans.py").write_text("K = 1\n")
    (scripts / "epigroup" / "training.py").write_text(
        "from epigroup import networks\ndef run():\n    '''Doc.'''\n    return 1\n"
    )
    (scripts / "epigroup" / "networks.py").write_text("X = 1\n")
    (scripts / "epigroup" / "plots.py").write_text("X = 1\n")
    (tmp_path / "workflow" / "page.html").write_text("<p>")
    monkeypatch.setattr(digest, "SCRIPTS", scripts)
    return scripts


def rewrite(path, text):
    path.write_text(text)
    digest.tree_and_imports.cache_clear()


@pytest.mark.parametrize(
    ("name", "text", "changes"),
    [
        (
            "epigroup/training.py",
            "from epigroup import networks\n# why\ndef run():\n    '''Other.'''\n\n    return 1\n",
            False,
        ),
        ("epigroup/training.py", "from epigroup import networks\ndef run():\n    return 2\n", True),
        ("epigroup/networks.py", "X = 2\n", True),
        ("epigroup/plots.py", "X = 2\n", False),
        ("epigroup/grouping/kmeans.py", "K = 2\n", False),
        ("train_pack.py", '"""Train it."""\nfrom epigroup.training import run\nrun( )\n', False),
        ("train_pack.py", '"""Train."""\nfrom epigroup.training import run\nrun(1)\n', True),
    ],
)
def test_what_changes_the_digest(package, name, text, changes):
    before = digest.code_digest("train_pack")
    rewrite(package / name, text)
    assert (digest.code_digest("train_pack") != before) == changes


def test_modules_loaded_by_name_and_files_count_when_named(package):
    args = ("train_pack", ("grouping.kmeans",), ("page.html",))
    before = digest.code_digest(*args)
    rewrite(package / "epigroup/grouping/kmeans.py", "K = 2\n")
    after = digest.code_digest(*args)
    (package.parent / "page.html").write_text("<b>")
    assert len({before, after, digest.code_digest(*args)}) == 3


def test_unknown_module_is_an_error(package):
    with pytest.raises(ModuleNotFoundError, match="grouping.nothing"):
        digest.code_digest("train_pack", ("grouping.nothing",))


def test_the_text_of_a_tree_is_the_same_in_every_version_of_python(package):
    """Versions differ in the empty fields of a syntax tree (type_params since 3.12); the digest must not."""
    tree = digest.ast.parse("def f(a, *, b=1):\n    return [a, b]\n")
    text = digest._text(tree)
    assert "type_params" not in text and "=[]" not in text and "None" not in text
    assert text.startswith("Module(body=[FunctionDef(name='f',args=arguments(args=[arg(arg='a')]")
