"""Questions and contexts: every token of a context is in a window, answers are where their characters are."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.data.small_tokenizers import FAMILIES, small_tokenizer
from tests.heads.test_span import question_task
from tunesmith.data.batch import IGNORED
from tunesmith.data.encoded_split import EncodedSplit
from tunesmith.data.encoding.answers import read_answers
from tunesmith.data.encoding.contexts import best_spans, encode_contexts, place_of

QUESTIONS = [" who saw wonders ?", "where ?", "who " * 30 + "?"]
CONTEXTS = ["Ada met Bo in the old mill", "one two three four " * 12, "nobody else was there , unbelievable wonders"]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_row_has_the_same_windows_whatever_the_others(family):
    tokenizer, sizes = small_tokenizer(family), {"max_length": 40, "stride": 12}
    together, cut = encode_contexts(QUESTIONS, CONTEXTS[1:2] * 3, tokenizer, **sizes)
    for row, question in enumerate(QUESTIONS):
        alone, cut_alone = encode_contexts([question], CONTEXTS[1:2], tokenizer, **sizes)
        numbers = [number for number, example in enumerate(together["example"]) if example == row]
        for name in set(alone) - {"example"}:
            assert [np.asarray(together[name][number]).tolist() for number in numbers] == [
                np.asarray(value).tolist() for value in alone[name]
            ]
        assert cut[row] == cut_alone[0]
    assert together["example"] == sorted(together["example"])


def of_window(columns, number):
    first, last = columns["context"][number]
    return first, last, columns["input_ids"][number]


@pytest.mark.parametrize(("max_length", "stride"), [(32, 5), (33, 0), (40, 30)])
@pytest.mark.parametrize("family", FAMILIES)
def test_windows_hold_the_question_and_the_context_token_by_token(family, max_length, stride):
    tokenizer = small_tokenizer(family)
    columns, cut = encode_contexts(QUESTIONS, CONTEXTS, tokenizer, max_length=max_length, stride=stride)
    appended = tokenizer.cls_token is None  # GPT-2's end-of-text token
    free = max_length - appended - tokenizer.num_special_tokens_to_add(True)
    ids_of = lambda text: tokenizer(text, add_special_tokens=False)["input_ids"]  # noqa: E731
    asked = [ids_of(question.strip()) for question in QUESTIONS]
    assert cut == [len(ids) > free // 2 for ids in asked]
    count = len(columns["example"])
    assert all(len(values) == count for values in columns.values())
    for example, context in enumerate(CONTEXTS):
        whole = tokenizer(context, add_special_tokens=False, return_offsets_mapping=True)
        windows = [number for number in range(count) if columns["example"][number] == example]
        place, overlap = 0, min(stride, (free - min(len(asked[example]), free // 2)) // 2)
        for position, number in enumerate(windows):
            first, last, ids = of_window(columns, number)
            size = last - first
            assert ids[first:last] == whole["input_ids"][place : place + size]
            offsets = list(zip(columns["starts"][number], columns["ends"][number], strict=True))
            assert offsets == whole["offset_mapping"][place : place + size]
            # The question is in every window, whole or its first half of the room.
            others = ids[:first] + ids[last:]
            question = asked[example][: free // 2]
            assert any(others[start : start + len(question)] == question for start in range(len(others)))
            assert len(ids) == columns["length"][number] <= max_length
            assert len(ids) - size == len(question) + appended + tokenizer.num_special_tokens_to_add(True)
            if position < len(windows) - 1:
                assert len(ids) == max_length
            place += size - overlap
        assert place + overlap == len(whole["input_ids"])


@pytest.mark.parametrize("family", FAMILIES)
def test_types_and_the_token_for_no_answer(family):
    tokenizer = small_tokenizer(family)
    columns, _ = encode_contexts(QUESTIONS, CONTEXTS, tokenizer, max_length=40, stride=5)
    for number, ids in enumerate(columns["input_ids"]):
        place = columns["no_answer"][number]
        first, last = columns["context"][number]
        if tokenizer.cls_token is None:
            assert (place, ids[place]) == (len(ids) - 1, tokenizer.eos_token_id)
        else:
            assert (place, ids[place]) == (len(ids) - 1 if family == "xlnet" else 0, tokenizer.cls_token_id)
        if "token_type_ids" in tokenizer.model_input_names:
            types = columns["token_type_ids"][number]
            assert len(types) == len(ids) and len(set(types[first:last])) == 1
            # The context is the second part for BERT; XLNet reads it first.
            assert types[first] == (0 if family == "xlnet" else 1)
    assert ("token_type_ids" in columns) == ("token_type_ids" in tokenizer.model_input_names)


def places_by_hand(offsets, start, end):
    """The shortest run of tokens that covers the characters, if all of them are in the window."""
    covered = [index for index, (first, last) in enumerate(offsets) if first < end and last > start]
    inside = offsets and offsets[0][0] <= start and end <= offsets[-1][1]
    return (covered[0], covered[-1]) if inside else None


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(0, 2), st.sampled_from(FAMILIES), st.integers(0, 30), st.integers(1, 12))
def test_an_answer_is_found_in_the_windows_that_hold_all_of_it(example, family, start, length):
    context = CONTEXTS[example]
    text = context[start : start + length].strip()
    if not text:
        return
    start = context.index(text, start)
    answers = read_answers({"text": [text], "answer_start": [start]}, context)
    columns, _ = encode_contexts(["who ?"], [context], small_tokenizer(family), max_length=24, stride=4)
    found = []
    for number in range(len(columns["example"])):
        offsets = list(zip(columns["starts"][number].tolist(), columns["ends"][number].tolist(), strict=True))
        expected = places_by_hand(offsets, start, start + len(text))
        first = columns["context"][number][0]
        nowhere = columns["no_answer"][number]
        place = place_of(answers, columns, number)
        assert place == ([nowhere] * 2 if expected is None else [first + expected[0], first + expected[1]])
        found.append(place != [nowhere] * 2)
    assert any(found) or length > 4  # only a long answer can be cut by every window


def test_answers_that_are_nowhere():
    columns, _ = encode_contexts(["who ?"], ["Ada met Bo"], small_tokenizer("bert"), max_length=24, stride=4)
    nowhere = columns["no_answer"] * 2
    for given_answers, place in (
        ([], nowhere),  # no answer
        (["Eve"], [IGNORED] * 2),  # not in the context
        (["Eve", "Bo"], place_of(read_answers(["Bo"], "Ada met Bo"), columns, 0)),  # the first that is there
    ):
        assert place_of(read_answers(given_answers, "Ada met Bo"), columns, 0) == place
    nothing = {"context": [[0, 0]], "starts": [np.array([])], "ends": [np.array([])], "no_answer": [2]}
    assert place_of(read_answers(["Bo"], "Ada met Bo"), nothing, 0) == [2, 2]  # a window without context


def candidates_by_hand(split, outputs, contexts):
    """All spans of all windows in the order of their scores, each text once."""
    for example, context in enumerate(contexts):
        found, windows = [], np.flatnonzero(split.numbers("example") == example)
        for window in windows:
            starts, ends = split.lists("starts")[window], split.lists("ends")[window]
            for first, last, score in zip(*(outputs[name][window] for name in ("first", "last", "score")), strict=True):
                if score > -np.inf:
                    found.append((int(starts[first]), int(ends[last]), float(score)))
        texts, best = set(), []
        for start, end, score in sorted(found, key=lambda one: -one[2]):
            if (text := context[start:end].strip()) and text not in texts:
                texts.add(text)
                best.append(((start, end), score))
        yield best, min(float(outputs["null_score"][window]) for window in windows)


@pytest.mark.parametrize("n_best", [1, 3, 20])
def test_the_best_spans_of_all_windows(n_best):
    task = question_task(max_length=24, stride=4)
    rows = [{"question": "who ?", "context": context} for context in CONTEXTS[:2]]
    split = EncodedSplit.of(rows, task=task, tokenizer=small_tokenizer("bert"))
    assert len(split) > 3
    generator = np.random.default_rng(0)
    outputs = {"first": [], "last": [], "score": [], "null_score": generator.normal(size=len(split))}
    for starts in split.lists("starts"):
        first, last = np.sort(generator.integers(0, len(starts), size=(2, 8)), axis=0)
        score = generator.normal(size=8).round(1)  # some are equal
        score[-1], first[-1], last[-1] = -np.inf, 999, 999  # a span that does not exist
        for name, values in (("first", first), ("last", last), ("score", score)):
            outputs[name].append(values)
    found = list(best_spans(split, outputs, CONTEXTS[:2], n_best=n_best))
    expected = list(candidates_by_hand(split, outputs, CONTEXTS[:2]))
    assert len(found) == len(expected) == 2
    for (spans, scores, null_score), (best, null) in zip(found, expected, strict=True):
        assert list(zip(spans, scores, strict=True)) == best[:n_best] and null_score == null


def test_windows_overlap_in_the_middle_of_long_contexts():
    columns, _ = encode_contexts(["who ?"], [CONTEXTS[1]], small_tokenizer("bert"), max_length=24, stride=4)
    for one, other in itertools.pairwise(columns["starts"]):
        assert one[-4:].tolist() == other[:4].tolist()


def test_a_question_that_takes_half_of_the_room_is_whole():
    tokenizer = small_tokenizer("bert")
    for words, is_cut in ((10, False), (11, True)):
        columns, cut = encode_contexts(["who " * words], [CONTEXTS[1]], tokenizer, max_length=23, stride=3)
        ids = tokenizer("who " * words, add_special_tokens=False)["input_ids"]
        assert len(ids) == words and cut == [is_cut]
        assert [window[1:11] for window in columns["input_ids"]] == [ids[:10]] * len(columns["input_ids"])


def test_a_context_without_tokens_is_a_window_without_one():
    columns, _ = encode_contexts(["who ?"], ["\u200b"], small_tokenizer("bert"), max_length=24, stride=4)
    assert columns["context"] == [[0, 0]] and [len(found) for found in columns["starts"]] == [0]
    assert place_of(read_answers(["\u200b"], "\u200b"), columns, 0) == columns["no_answer"] * 2


@pytest.mark.parametrize("context", ["Ada", "\u200b"])
def test_spans_that_do_not_exist_are_no_candidates(context):
    """A head has n_best spans for every window, also for one with a single token of the context or none."""
    split = EncodedSplit.of(
        [{"question": "who ?", "context": context}], task=question_task(), tokenizer=small_tokenizer("bert")
    )
    outputs = {name: [np.array([999, 0])] for name in ("first", "last")}
    outputs |= {"score": [np.array([-np.inf, -np.inf])], "null_score": [np.float32(2)]}
    assert list(best_spans(split, outputs, [context], n_best=2)) == [([], [], 2.0)]
