# SPDX-License-Identifier: GPL-2.0
"""Reads what an exporter says, by the formats' own definitions: {(name, labels): value} of all that must not fall, and of
the gauges. What is not well-formed raises ValueError.

Of a native histogram each bucket is a counter by itself, under the name of the histogram and ("native", index).
"""
import re
import struct

LABEL = re.compile(r'([a-zA-Z_]+)="((?:[^"\\]|\\.)*)"')


class Page:
    def __init__(self):
        self.counters = {}
        self.gauges = {}

    def add(self, kind, name, labels, value):
        into = self.gauges if kind == "gauge" else self.counters
        key = name, labels
        if key in into:
            raise ValueError(f"twice: {key}")
        into[key] = value

    def counter(self, name, **labels):
        """The sum of all series of that name whose labels include these."""
        return total(self.counters, name, labels)


def total(series, name, labels):
    wanted = set(labels.items())
    return sum(value for (n, l), value in series.items() if n == name and wanted <= set(l))


def read_labels(text):
    labels = tuple(LABEL.findall(text))
    if "\\" in text:
        labels = tuple((k, re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], v)) for k, v in labels)
    return labels


def read_text(data):
    page, kinds = Page(), {}
    text = data.decode()
    if not text.endswith("\n"):
        raise ValueError("the page is cut off")
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            kinds[name] = kind
        elif line and not line.startswith("#"):
            series, _, value = line.rpartition(" ")
            name, brace, rest = series.partition("{")
            kind = kinds.get(name) or kinds.get(re.sub("_(bucket|count|sum)$", "", name))
            if kind is None:
                raise ValueError(f"no TYPE: {line}")
            page.add(kind, name, read_labels(rest) if brace else (), float(value))
    return page


# --- protobuf: https://protobuf.dev/programming-guides/encoding ---

def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7


def fields(data):
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        if tag & 7 == 0:
            value, at = varint(data, at)
        elif tag & 7 == 1:
            value, at = struct.unpack_from("<d", data, at)[0], at + 8
        elif tag & 7 == 2:
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
            if len(value) != size:
                raise ValueError("the page is cut off")
        else:
            raise ValueError(f"wire type {tag & 7}")
        yield tag >> 3, value


def message(data):
    """{field: last value}, repeated fields are to be asked of fields()"""
    return dict(fields(data))


def signed(value):
    return (value >> 1) ^ -(value & 1)


def numbers(data, field):
    """A repeated sint, packed or not."""
    for number, value in fields(data):
        if number == field and isinstance(value, int):
            yield signed(value)
        elif number == field:
            at = 0
            while at < len(value):
                one, at = varint(value, at)
                yield signed(one)


def native_buckets(data):
    deltas, index, cnt = numbers(data, 13), 0, 0
    for number, value in fields(data):
        if number == 12:
            span = message(value)
            index += signed(span.get(1, 0))
            for _ in range(span.get(2, 0)):
                cnt += next(deltas)
                yield index, cnt
                index += 1


def add_histogram(page, name, labels, data):
    h = message(data)
    page.add("counter", name + "_count", labels, h.get(1, 0))
    page.add("counter", name + "_sum", labels, h.get(2, 0))
    page.add("counter", name, labels + (("native", "zero"),), h.get(7, 0))
    for index, cnt in native_buckets(data):
        page.add("counter", name, labels + (("native", index),), cnt)
    for number, value in fields(data):
        if number == 3:
            bucket = message(value)
            page.add("counter", name + "_bucket", labels + (("le", bucket[2]),), bucket.get(1, 0))


def add_metric(page, name, data):
    labels = []
    for number, value in fields(data):
        if number == 1:
            pair = message(value)
            labels.append((pair[1].decode(), pair.get(2, b"").decode()))
    labels = tuple(labels)
    for number, value in fields(data):
        if number == 2:
            page.add("gauge", name, labels, message(value).get(1, 0))
        elif number == 3:
            page.add("counter", name, labels, message(value).get(1, 0))
        elif number == 4:
            summary = message(value)
            page.add("counter", name + "_count", labels, summary.get(1, 0))
            page.add("counter", name + "_sum", labels, summary.get(2, 0))
        elif number == 7:
            add_histogram(page, name, labels, value)


def read_protobuf(data):
    try:
        return read_families(data)
    except (IndexError, struct.error) as e:
        raise ValueError("the page is cut off") from e


def read_families(data):
    page, at = Page(), 0
    while at < len(data):
        size, at = varint(data, at)
        family = data[at:at + size]
        if len(family) != size:
            raise ValueError("the page is cut off")
        at += size
        name = message(family)[1].decode()
        for number, value in fields(family):
            if number == 4:
                add_metric(page, name, value)
    return page


def fallen(old, new):
    """What was counted in `old` and is less, or is not there, in `new`: lines."""
    for key, value in old.counters.items():
        if key not in new.counters:
            yield f"{key}: {value}, then no such series"
        elif new.counters[key] < value:
            yield f"{key}: {value}, then {new.counters[key]}"
