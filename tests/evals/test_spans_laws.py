"""Laws of the index of a journal: it is a dict of keys and spans, in a tenth of the memory."""

import sys
from array import array
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from jc.evals.spans import Span, Spans

# Few first bytes, so that keys share them and the table has runs; few last ones, so that keys come again.
KEYS = st.builds(
    lambda first, last: bytes([first]) * 8 + bytes([last]) * 24, st.sampled_from([0, 1, 2, 255]), st.integers(0, 200)
)


def standing_at(keys: list[bytes], key: bytes) -> Callable[[Span], bool]:
    """Whether a key stands at a span, as a file would say: the n-th key stands at 10 n."""
    return lambda span: keys[span.offset // 10] == key


@given(keys=st.lists(KEYS, max_size=120))
def test_it_holds_what_a_dict_would(keys: list[bytes]) -> None:
    """The last record of a key is found by key and by the number of any earlier one, and the rest stays in order."""
    spans, model, numbers = Spans(), dict[bytes, Span](), []
    for number, key in enumerate(keys):
        span = Span(10 * number, 10)
        numbers.append(spans.add(key, span, standing_at(keys, key)))
        model[key] = span

    assert len(spans) == len(model)
    assert list(spans) == sorted(model.values())
    for key, number in zip(keys, numbers, strict=True):
        found = spans.find(key, standing_at(keys, key))
        assert found is not None
        assert spans.span(found) == spans.span(number) == model[key]
        assert spans.moved(number) == (number != found)
    assert spans.find(b"\x07" * 32, lambda _: True) is None


def test_ten_thousand_records_take_less_than_half_a_mebibyte() -> None:
    """At most 48 bytes a record, the table at its emptiest included, where a dict takes 300."""
    spans = Spans()
    for number in range(11_000):
        spans.add((number * 0x9E3779B97F4A7C15 % 2**64).to_bytes(8, "little"), Span(300 * number, 300), lambda _: False)
    columns = [value for value in vars(spans).values() if isinstance(value, array)]

    assert len(spans) == 11_000
    assert sum(map(sys.getsizeof, columns)) < 48 * 11_000
