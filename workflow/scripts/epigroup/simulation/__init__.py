"""A genome, profiles and reads whose truth is known.

`genome` decides the truth; `reads` draws from it. What a run made of it is held against the truth in
`comparison.planted`.
"""
