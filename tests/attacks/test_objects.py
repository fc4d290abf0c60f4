"""Objects that lie about what they are: what crosses is plain, read once, and judged by the grader."""

from collections.abc import Callable

import pytest

Attack = Callable[..., str]

ALWAYS = "__eq__ = __ne__ = __le__ = __ge__ = __lt__ = __gt__ = __bool__ = lambda *_: True; __hash__ = object.__hash__"
# Each is returned in place of 6.0: the outcome, and words of the message.
OUTPUT = "it ran into a limit: 0.1 MB in one answer (output_bytes in lab.toml)"
LIES = {
    "a float that equals everything": (f"class Yes(float): {ALWAYS}\nreturn Yes(9.5)", "got 9.5"),
    "an object that equals everything": (f"class Yes: {ALWAYS}\nreturn Yes()", "an object of type Yes"),
    "an object that says it is a float": (
        "class Yes:\n    __class__ = property(lambda self: float)\n    __float__ = lambda self: 9.5\nreturn Yes()",
        "got 9.5",
    ),
    "a float with another value inside": (
        "class F(float):\n    __float__ = lambda self: 6.0\n    __repr__ = lambda self: '6.0'\nreturn F(9.5)",
        "",
    ),
    "an int that is no int": ("class I(int):\n    __int__ = lambda self: 'six'\nreturn I(9)", "it raised TypeError"),
    "an int that says it is small": (
        "class I(int):\n    __le__ = __lt__ = __ge__ = lambda *_: True\nreturn I(10**30)",
        "its process ended during the call",
    ),
    "a text that changes": (
        "class S(str):\n    __str__ = lambda self: 5\n    encode = lambda *_: b''\nreturn S('six')",
        "it raised TypeError",
    ),
    "a list that changes": (
        "class L(list):\n    __iter__ = lambda self: iter([9.5])\n    __len__ = lambda self: 0\nreturn L([6.0])",
        "a list",
    ),
    "a dictionary that changes": (
        "class D(dict):\n    items = lambda self: [('a', 9.5)]\n    keys = lambda self: []\nreturn D(b=6.0)",
        "a dict came back",
    ),
    "a lazy sequence": (
        "import collections.abc as c\nclass L(c.Sequence):\n    __len__ = lambda self: 3\n"
        "    __getitem__ = lambda self, n: float(n) if n < 3 else [][0]\nreturn L()",
        "a list",
    ),
    "a generator": ("return (x for _ in range(9))", "an object of type generator"),
    "a function": ("return double", "an object of type function"),
    "a class": ("return float", "an object of type type"),
    "a module": ("import os; return os", "an object of type module"),
    "None": ("return None", "None"),
    "a NaN": ("return float('nan')", "nan"),
    "a numpy object": ("import numpy; return numpy.array([x + x, object()], dtype=object)", "an array of dtype object"),
    "a numpy record": ("import numpy; return numpy.zeros(2, dtype=[('a', 'f8')])", "an array of dtype"),
    "a numpy text": ("import numpy; return numpy.array(['6.0'])", "an array of dtype <U3"),
    "a numpy date": ("import numpy; return numpy.datetime64('2026-01-01')", "an object of type date"),
    "an array that lies of its dtype": (
        "import numpy\nclass A(numpy.ndarray):\n    dtype = property(lambda self: 'float32')\n"
        "return numpy.array([object()]).view(A)",
        "",
    ),
    "a matrix": ("import numpy; return numpy.matrix([[6.0]])", "shape"),
    "a masked array": ("import numpy; return numpy.ma.array(9.5, mask=True)", "got"),
    "a tensor that equals everything": (
        f"import torch\nclass T(torch.Tensor): {ALWAYS}\nreturn torch.tensor(9.5).as_subclass(T)",
        "",
    ),
    "a tensor with functions of its own": (
        "import torch\nclass T(torch.Tensor):\n    @classmethod\n    def __torch_function__(cls, *_, **__): "
        "return 6.0\nreturn torch.tensor(9.5).as_subclass(T)",
        "an object of type T",
    ),
    "a tensor that is none": (
        "class T:\n    __module__ = 'torch'\n    dtype = 'torch.float64'\n    detach = cpu = resolve_conj = "
        "resolve_neg = lambda self: self\n    numpy = lambda self: __import__('numpy').array(9.5)\nreturn T()",
        "",
    ),
    "a sparse tensor": ("import torch; return torch.eye(2).to_sparse()", "a tensor of layout torch.sparse_coo"),
    "a tensor without values": ("import torch; return torch.empty(2, device='meta')", "a tensor of layout"),
    "a quantised tensor": (
        "import torch; return torch.quantize_per_tensor(torch.ones(2), 1.0, 0, torch.qint8)",
        "a tensor of layout torch.strided and dtype qint8",
    ),
    "a complex tensor": ("import torch; return torch.ones(2, dtype=torch.complex64)", "complex64"),
    "bytes": ("return b'6.0'", "an object of type bytes"),
    "a pickle": ("import pickle; return pickle.dumps(print)", "an object of type bytes"),
    "an object with a pickle": (
        "class P:\n    def __reduce__(self):\n        import os\n        return os.system, ('id > a',)\nreturn P()",
        "an object of type P",
    ),
    "an object of an endless name": ("return type('N' * 10**6, (), {})()", f"an object of type {'N' * 80}, where"),
    "an object of a hostile name": ("return type('a\\x1b[2J\\n\\u202eb', (), {})()", "an object of type a�[2J��b"),
    "too much": ("return 'x' * 1_000_000", OUTPUT),
    "too many items": ("return [0] * 100_000", OUTPUT),
    "what is nested too deep": ("a = x\nfor _ in range(10_000): a = [a]\nreturn a", "data nested more than 16 deep"),
    "what holds itself": ("a = []; a.append(a); return a", "data nested more than 16 deep"),
    "a number without end": ("return 10**10_000", "an integer of more than 64 bits"),
    "half a character": ("return '\\ud800'", "half a character"),
    "keys that are none": ("return {(1, 2): 6.0}", "a dictionary key of type tuple"),
    "a set of what has no order": ("return {1, 'a', None}", "a list"),
}
DEADLY = ("an int that says it is small", "an array that lies of its dtype")
TOO_MUCH = ("too much", "too many items")


@pytest.mark.parametrize("lie", LIES)
def test_what_lies_is_taken_for_what_it_is(lie: str, attack: Attack) -> None:
    body, words = LIES[lie]
    assert words in attack(body, "crashed" if lie in (*DEADLY, *TOO_MUCH) else "failed")


def test_a_sequence_without_end_is_stopped(attack: Attack) -> None:
    told = attack(
        """
        import collections.abc
        class Endless(collections.abc.Sequence):
            __len__ = lambda self: 2
            __getitem__ = lambda self, n: n
        return Endless()
        """,
        "timeout",
    )
    assert told == "it was stopped after 0.3 seconds"


@pytest.mark.parametrize(("first", "then", "outcome"), [("x + x", "9.5", "passed"), ("9.5", "x + x", "failed")])
def test_what_changes_with_each_reading_is_read_once(first: str, then: str, outcome: str, attack: Attack) -> None:
    told = attack(
        f"""
        class F(float):
            read = 0
            def __float__(self):
                self.read += 1
                return float({first} if self.read == 1 else {then})
        return F(1.25)
        """,
        outcome,
    )
    assert told == ("" if outcome == "passed" else "another value is expected; expected 6, got 9.5")


EXCEPTIONS = {
    "its text raises itself": "class E(Exception):\n    def __str__(self): raise self\nraise E",
    "its text leaves": "class E(Exception):\n    def __str__(self): raise SystemExit\nraise E",
    "its text never ends": "class E(Exception):\n    def __str__(self):\n        while True: pass\nraise E",
    "its text is none": "class E(Exception):\n    def __str__(self): return 5\nraise E",
    "its text is long": "raise ValueError('x' * 10**7)",
    "its text is half a character": "raise ValueError('\\ud800')",
    "its name is hostile": "raise type('a\\x1b[2J\\n\\u202eb', (Exception,), {})('<script>')",
    "its name lies": (
        "class M(type):\n    __name__ = property(lambda self: 5)\nclass E(Exception, metaclass=M): pass\nraise E"
    ),
    "it is a group in a group": "e = ValueError()\nfor _ in range(10_000): e = ExceptionGroup('g', [e])\nraise e",
    "it has causes without end": (
        "e = ValueError()\nfor _ in range(10_000):\n    n = ValueError(); n.__cause__ = e; e = n\nraise e"
    ),
    "it causes itself": "e = ValueError(); e.__context__ = ValueError(); e.__context__.__context__ = e\nraise e",
    "its traceback is long": "def f(n):\n    if n: f(n - 1)\n    raise ValueError\nf(900)",
    "its file is a hostile name": "exec(compile('raise ValueError', 'a\\x1b[2J\\nfirst.py', 'exec'))",
    "its file is another": "exec(compile('raise ValueError', '/etc/passwd', 'exec'))",
    "its source is read by a loader": (
        "class L:\n    def get_source(self, name): raise SystemExit\n"
        "exec(compile('raise ValueError', os.path.join(os.getcwd(), 'f.py'), 'exec'), "
        "{'__loader__': L(), '__name__': 'f'})"
    ),
}
OTHER_OUTCOMES = {
    "its text leaves": "crashed",
    "its text never ends": "timeout",
    "its name lies": "crashed",
    "its source is read by a loader": "crashed",
}


@pytest.mark.parametrize("trick", EXCEPTIONS)
def test_an_exception_is_told_in_plain_text(trick: str, attack: Attack) -> None:
    words = attack(EXCEPTIONS[trick], OTHER_OUTCOMES.get(trick, "failed"), before="import os")
    assert len(words) <= 2_000
    assert [c for c in words if not c.isprintable() and c != "\n"] == []
    assert words
