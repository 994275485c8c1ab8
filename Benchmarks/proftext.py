"""Makes the text of a profile fit to be kept, from input to output; by scripts/profile.

What was hardly ever called is left out, so that a new profile differs little from the last one.
"""
import sys

COUNT_MIN = 100
# Each module has a copy of these. Merged they seem to be called billions of times, and all else
# seems cold beside them.
COPIES = "__swift_"
HEADER = ["# IR level Instrumentation Flag", ":ir"]


def kept(function):
    """One function's lines as they are kept; `None` where it is left out."""
    lines = function.splitlines()
    name, first = lines[0], lines.index("# Counter Values:") + 1
    count = int(lines[lines.index("# Num Counters:") + 1])
    counters = lines[first:first + count]
    if name.startswith(COPIES) or max(map(int, counters)) < COUNT_MIN:
        return None
    # Then the number of its bitmap's bytes, "$0": the reader takes a line that begins with "$", as
    # a name in Swift does, for that.
    return "\n".join([*lines[:first + count], "$0", *lines[first + count:]])


def main(text):
    lines = text.splitlines()
    if lines[:2] != HEADER:
        sys.exit("this is no profile of paths in the compiler's own form")
    functions = "\n".join(lines[2:]).strip("\n").split("\n\n")
    print("\n".join(HEADER))
    print("\n\n".join(filter(None, map(kept, functions))), end="\n\n")


if __name__ == "__main__":
    main(sys.stdin.read())
