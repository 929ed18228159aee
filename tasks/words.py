"""Text as words: one form for what is one word or one answer, however it is written.

Official bAbI files are plain ASCII with '.' and '?' at the ends of sentences; people's own files
have other scripts and other marks. Everything here leaves the words of the official files as
they are.
"""

import sys
import unicodedata

QUESTION_MARKS = "?？؟\u037e⸮፧՞"
QUOTES = "\"'”’»›」』"
KEPT = frozenset("#%&*@/\\‰§¶†‡·")   # punctuation to Unicode, but part of a word: C#, 50%
OPENING = frozenset("¿¡\"'“‘")        # before a word, besides opening brackets and quotes
BRACKETS = {")": "(", "]": "[", "}": "{"}
# Of zero width: a space and a joiner at which words may break, a byte order mark, a soft hyphen,
# and marks of the direction of writing.
INVISIBLE = {0x200B: " ", 0x2060: None, 0xFEFF: None, 0xAD: None, ord("’"): "'",
             **dict.fromkeys((0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F),
                              *range(0x2066, 0x206A)))}


def words_of(text):
    """Lower-cased words of a text, in composed form (NFC), without the marks around them.

    Marks inside a word belong to it ("mr.ivan", "don't"); a word of nothing but marks is none.
    """
    words = []
    for word in one_form(text).split():
        word = word.rstrip(".?")
        if word and not (word[0].isalnum() and word[-1].isalnum()):
            word = _without_marks(word)
        if word:
            words.append(sys.intern(word))   # a file repeats few words: each is kept once
    return tuple(words)


def answer_of(text):
    """An answer as one class: as a word is written, its blanks single. "The shed." is "the shed".

    An answer of nothing but marks stays as it is.
    """
    answer = " ".join(one_form(text).split())
    return _without_marks(answer).strip() or answer


def one_form(text):
    """Lower case, composed, and without characters that cannot be seen."""
    text = text.lower()
    return text if text.isascii() else unicodedata.normalize("NFC", text).translate(INVISIBLE)


def is_question(text):
    """Whether a text ends with a question mark of any script."""
    text = text.rstrip()
    return (text if text.isascii() else one_form(text).rstrip()).endswith(tuple(QUESTION_MARKS))


def _without_marks(word):
    first, last = 0, len(word)
    while first < last and _opens(word[first]):
        first += 1
    while first < last and _closes(word[last - 1], word[first:last]):
        last -= 1
    return word[first:last]


def _opens(character):
    return character in OPENING or unicodedata.category(character) in ("Ps", "Pi", "Pf")


def _closes(character, word):
    """Whether a character ends the word without belonging to it, as the bracket of f(x) does."""
    if unicodedata.category(character) == "Pe":
        return BRACKETS.get(character, character) not in word[:-1]
    return character not in KEPT and unicodedata.category(character) in ("Po", "Pf", "Pi", "Ps")
