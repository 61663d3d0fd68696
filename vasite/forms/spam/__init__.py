"""What came in by a form and looks like spam: set aside, never refused, learnt from.

`evidence` is what a request tells beside its words, `classifier` reads the words, `judging` makes
a verdict of both, `learning` follows the VA's decisions (docs/decisions/0013-spam.md).
"""
