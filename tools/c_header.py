# SPDX-License-Identifier: Apache-2.0
"""Reads include/jsnorm/jsnorm.h into plain data.

This is a parser of the style that the header keeps, not of C: comments that Doxygen and bindgen read,
no long lines. Whatever it does not understand is an error: a declaration that it skipped would be
missing in every list that is made from it.
"""

import re
from collections import namedtuple

# comment: the text above or, in a struct or an enum, behind; "" where there is none.
Macro = namedtuple("Macro", "name value comment")
Enum = namedtuple("Enum", "name values comment comments")  # values: (name, int) pairs; comments: by name
Opaque = namedtuple("Opaque", "name struct comment")
Struct = namedtuple("Struct", "name fields comment")
Callback = namedtuple("Callback", "name returns arguments comment")
Function = namedtuple("Function", "name returns returns_tag arguments comment")
Variable = namedtuple("Variable", "name type tag comment")  # a field or an argument
Tag = namedtuple("Tag", "space nullable")  # of a pointer: [device] or [host], and "?"

LONGEST_LINE = 132
PLUMBING = {"JSNORM_JSNORM_H", "JSNORM_API", "JSNORM_ENUM_INT32"}
TOKEN = re.compile(
    r"""(?P<comment>/\*.*?\*/)
      | (?P<directive>^\#[^\n]*)
      | (?P<linkage>extern\ "C"\ \{ | ^\})
      | (?P<declaration>(?=\w)(?:[^;{}/\#]|/\*(?:(?!\*/).)*\*/)*(?:\{[^{}]*\}[^;{}]*)?;)
      | (?P<space>\s+)""",
    re.DOTALL | re.MULTILINE | re.VERBOSE,
)
TAG = re.compile(r"\[(device|host)\](\?)?")
NAMED_TAG = re.compile(r"(\w+(?:, \w+)*): \[(device|host)\](\?)?")


class HeaderError(Exception):
    pass


class Header:
    """The declarations of a header, each kind in the order of the file."""

    def __init__(self, text):
        self.macros, self.enums, self.opaques, self.structs = [], [], [], []
        self.callbacks, self.functions = [], []
        self.common_tags = {}  # of the names that the comment common to all operations describes
        self.common_notes = {}
        self._comment = ""  # the one right above, for as long as no blank line comes between
        for number, line in enumerate(text.split("\n"), 1):
            if len(line) > LONGEST_LINE:
                raise HeaderError(f"line {number}: {len(line)} characters, {LONGEST_LINE} are the most")
        position = 0
        while position < len(text):
            token = TOKEN.match(text, position)
            if not token or token.end() == position:
                line = text.count("\n", 0, position) + 1
                raise HeaderError(f"line {line}: not understood: {text[position:position + 60]!r}")
            self._read(token.lastgroup, token.group())
            position = token.end()

    def _read(self, kind, text):
        if kind == "comment":
            if not text.startswith(("/** ", "/* ----")):
                raise HeaderError(f"a comment that documentation tools do not read: {text[:60]!r}")
            self._comment = unwrap(text)
            if self._comment.startswith("Common to all operations."):
                self.common_tags = named_tags(self._comment)
                self.common_notes = named_notes(text)
        elif kind == "space":
            if text.count("\n") > 1:
                self._comment = ""
        elif kind == "directive":
            self._directive(text)
        elif kind == "declaration":
            self._declaration(text)

    def _directive(self, text):
        behind = re.search(r"/\*.*?\*/", text)
        text = re.sub(r"/\*.*?\*/", "", text).strip()
        if not text.startswith("#define"):
            return
        macro = re.fullmatch(r"#define (\w+)(?: (.*))?", text)
        if not macro:
            raise HeaderError(f"a function-like macro, which bindings cannot use: {text!r}")
        if macro[1] not in PLUMBING:
            comment = unwrap(behind[0]) if behind else self._comment
            self.macros.append(Macro(macro[1], integer(macro[2]), comment))

    def _declaration(self, text):
        code = " ".join(re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL).split())
        if re.fullmatch(r"struct \w+;", code):
            return
        if match := re.fullmatch(r"typedef struct (\w+) \*(\w+);", code):
            self.opaques.append(Opaque(match[2], match[1], self._comment))
        elif match := re.fullmatch(r"typedef enum (\w+) JSNORM_ENUM_INT32 \{(.*)\} (\w+);", code):
            self._enum(match[1], match[2], match[3], text)
        elif match := re.fullmatch(r"typedef struct (\w+) \{.*\} (\w+);", code):
            self._struct(match[1], match[2], text)
        elif match := re.fullmatch(r"typedef (.+?) ?\(\*(\w+)\)\((.*)\);", code):
            arguments = self._arguments(match[3])
            self.callbacks.append(Callback(match[2], match[1], arguments, self._comment))
        elif match := re.fullmatch(r"JSNORM_API (.+?[ *])(\w+)\((.*)\);", code):
            found = TAG.match(self._comment)
            tag = Tag(found[1], bool(found[2])) if found else None
            arguments = self._arguments(match[3])
            self.functions.append(
                Function(match[2], match[1].strip(), tag, arguments, self._comment)
            )
        else:
            raise HeaderError(f"a declaration that is not understood: {code!r}")

    def _enum(self, tag, body, name, text):
        if name != tag + "_t":
            raise HeaderError(f"enum {tag} is called {name}")
        values = []
        for entry in body.rstrip(" ,").split(","):
            match = re.fullmatch(r"(\w+) = (.+)", entry.strip())
            if not match:
                raise HeaderError(f"{name}: an enumerator without a value: {entry.strip()!r}")
            values.append((match[1], integer(match[2])))
        behind = re.findall(r"(\w+) = [^,/}]+,?[ ]*(/\*.*?\*/)?", text, re.DOTALL)
        comments = {name: unwrap(comment) if comment else "" for name, comment in behind}
        self.enums.append(Enum(name, values, self._comment, comments))

    def _struct(self, tag, name, text):
        if name != tag + "_t":
            raise HeaderError(f"struct {tag} is called {name}")
        body = text[text.index("{") + 1 : text.rindex("}")]
        fields = []
        for field in re.finditer(r"([^;]+);[ ]*(/\*.*?\*/)?", body, re.DOTALL):
            found = TAG.search(unwrap(field[2])) if field[2] else None
            field_name, c_type = split_variable(" ".join(field[1].split()))
            tag = Tag(found[1], bool(found[2])) if found else self.common_tags.get(field_name)
            notes = [unwrap(field[2]) if field[2] else "", self.common_notes.get(field_name, "")]
            comment = "; ".join(note for note in notes if note)
            fields.append(Variable(field_name, c_type, tag, comment))
        self.structs.append(Struct(name, fields, self._comment))

    def _arguments(self, text):
        if text == "void":
            return []
        tags = self.common_tags | named_tags(self._comment)
        pairs = [split_variable(part.strip()) for part in text.split(",")]
        return [Variable(name, c_type, tags.get(name), "") for name, c_type in pairs]


def unwrap(comment):
    """The text of a comment, without its frame and line breaks."""
    lines = [line.strip().lstrip("*").lstrip("<").strip() for line in comment[2:-2].split("\n")]
    return " ".join(" ".join(lines).split())


def named_tags(comment):
    """{"dims": Tag("host", False), ...} from "dims, strides: [host] ..."."""
    tags = {}
    for names, space, nullable in NAMED_TAG.findall(comment):
        for name in names.split(", "):
            tags[name] = Tag(space, bool(nullable))
    return tags


def named_notes(comment):
    """{"mask": "[device] see ...", ...} from paragraphs that begin with names and a colon."""
    notes, names = {}, []
    for line in comment[2:-2].split("\n"):
        line = line.strip().lstrip("*")
        if start := re.fullmatch(r" (\w+(?:, \w+)*): (.*)", line):
            names = start[1].split(", ")
            notes |= {name: start[2] for name in names}
        elif line.startswith("   "):
            notes |= {name: f"{notes[name]} {line.strip()}" for name in names}
        else:
            names = []
    return notes


def split_variable(text):
    """ "const void *x" -> ("x", "const void *")."""
    match = re.fullmatch(r"((?:const )?\w+ \**)(\w+)", text)
    if not match:
        raise HeaderError(f"a field or argument that is not understood: {text!r}")
    return match[2], match[1].strip()


def integer(text):
    """The value of an integer constant as the header writes them; None for an empty macro."""
    if match := re.fullmatch(r"(-?\d+)u?", text or ""):
        return int(match[1])
    if text == "-2147483647 - 1":
        return -(2**31)
    raise HeaderError(f"not an integer constant: {text!r}")
