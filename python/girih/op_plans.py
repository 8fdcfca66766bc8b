# SPDX-License-Identifier: Apache-2.0
"""Calls of operators. What the types of the arguments and the names by which they come decide is worked out once for all
calls alike, as an OpPlan; a call writes addresses and numbers into a Block that is ready, and runs."""
import ctypes

from girih import values
from girih._errors import GirihError
from girih._library import ShapedStruct, StridedStruct, check, lib
from girih.devices import native_stream
from girih.dtypes import DType
from girih.operands import ARRAY, current_stream, form_reader, read, result_maker, structs_of, view_like_kind
from girih.values import VALUE_BYTES, Block, first_array, is_array

_RESULTS_KEPT = 4096  # per plan; then they are worked out anew
_MOST_RESULTS = 8


class OpPlan:
    """Calls of an operator with `positional` values without a name, then one for each of `names`, of the types of
    `given`. Raises TypeError where the parameters do not allow such calls, GirihError [argument] where a type cannot be."""

    def __init__(self, op, positional, names, given):
        places = op.places(positional, names)
        index = {place: number for number, place in enumerate(places)}  # in `given`, of a parameter
        kinds = [type(given[index[place]]) if place in index else type(each.default)
                 for place, each in enumerate(op.parameters)]
        self._op, self._count = op, len(kinds)
        self._outs_at = self._count * (VALUE_BYTES + ARRAY.size)
        self._slots = [values.slot(op.name.decode(), each, kind, place, self._count * VALUE_BYTES + place * ARRAY.size)
                       for place, (each, kind) in enumerate(zip(op.parameters, kinds))]
        self._writes = [self._slots[place].write for place in places]
        self._fixed = [(self._slots[place].write, each.default)
                       for place, each in enumerate(op.parameters) if place not in index]
        self._blocks = []  # those that no call uses now
        self._results = {}  # by what it depends on: a view, or how results are made with the shape and dtype of each
        self._first = index.get(0)
        self._ordered = [index[place] for place in sorted(index)]
        self._lists = [number for number in self._ordered if issubclass(type(given[number]), (list, tuple))]
        # Where no list comes earlier, which may be one of arrays.
        first = next((number for number in self._ordered if number in self._lists or is_array(type(given[number]))), None)
        self._first_array = None if first in self._lists else first
        self._device = next((index.get(place) for place, each in enumerate(op.parameters) if each.type == "device"), None)
        required = len(op.required)
        self._launch = None
        if op.callee is not None and op.results and all(is_array(kind) for kind in kinds[:required]):
            # With arrays alone, and defaults otherwise, there is a quicker way to the launch.
            self._launch = op.callee
            self._arrays = None if places == list(range(required)) else self._ordered[:required]
            self._forms = [form_reader(kind) or (lambda value: read(value)[0]) for kind in kinds[:required]]
            self._defaults = [(index[place], each.default) for place, each in enumerate(op.parameters)
                              if place >= required and place in index]

    def call(self, given, out, stream):
        """The call with these values: the positional ones, then those of the names."""
        if self._op.results > 1 and out is not None and not isinstance(out, (tuple, list)):
            raise GirihError("argument", f"error: [argument] {self._op.name.decode()}: out must be a tuple of "
                                         f"{self._op.results} arrays, and is of type {type(out).__name__}")
        if out is None and self._op.view:
            return self._view(given)
        if self._launch is not None and (not self._defaults or self._has_defaults(given)):
            return self._call_with_arrays(given, out, stream)
        block = self._take()
        seen = tuple([write(block, value) for write, value in zip(self._writes, given)])
        if not self._op.results:
            outs = ()
        elif out is None:
            outs = self._make(given, seen, block)
        else:
            outs = (out,) if self._op.results == 1 else tuple(out)
        self._run(block, given, outs, stream)
        self._give_back(block)
        return outs[0] if self._op.results == 1 else outs or None

    def _has_defaults(self, given):
        return all([given[number] is default for number, default in self._defaults])

    def _call_with_arrays(self, given, out, stream):
        arrays = given if self._arrays is None else [given[number] for number in self._arrays]
        if out is None:
            seen = tuple([form_of(array) for form_of, array in zip(self._forms, arrays)])
            outs = self._make(given, seen, None)
        else:
            outs = (out,) if self._op.results == 1 else tuple(out)
        self._launch(*arrays, *outs, stream=stream)
        return outs[0] if self._op.results == 1 else outs

    def _run(self, block, given, outs, stream):
        if len(outs) == self._op.results:
            address, keep = block.address + self._outs_at, [read(out) for out in outs]
            for number, (form, data, _) in enumerate(keep):
                ARRAY.pack_into(block.words, self._outs_at + number * ARRAY.size, data, form.packed)
        else:  # for the library to refuse
            structs, keep = structs_of(outs)
            address = ctypes.addressof(structs)
        if stream is None:
            lists = [given[number] for number in self._lists] if self._lists else ()
            native = current_stream(given, outs, *lists)
        else:
            native = native_stream(stream)
        check(lib.op_run(self._op.name, block.address, self._count, address, len(outs), native))
        del keep

    def _make(self, given, seen, block):
        """New arrays for the results. `block` holds the call's values, or is None."""
        make, shaped = self._results.get(seen) or self._work_out(given, seen, block, self._shaped)
        like = self._like(given)
        return tuple([make(like, shape, dtype) for shape, dtype in shaped])

    def _like(self, given):
        """What results are like: the first array, or else a device, or None."""
        if self._first_array is not None:
            return given[self._first_array]
        found = first_array([given[number] for number in self._ordered]) if self._lists else None
        return given[self._device] if found is None and self._device is not None else found

    def _shaped(self, given, block):
        made, count = (ShapedStruct * _MOST_RESULTS)(), ctypes.c_int32()
        check(lib.op_results(self._op.name, block.address, self._count, made, _MOST_RESULTS, ctypes.byref(count)))
        make, native = result_maker(self._like(given))
        return make, [(tuple(each.shape[:each.rank]), native(DType(each.dtype))) for each in made[:count.value]]

    def _view(self, given):
        block = self._take()
        seen = tuple([write(block, value) for write, value in zip(self._writes, given)])
        known = self._results.get(seen) or self._work_out(given, seen, block, self._strided)
        self._give_back(block)
        return view_like_kind(given[self._first], *known)

    def _strided(self, given, block):
        made = StridedStruct()
        check(lib.op_view(self._op.name, block.address, self._count, ctypes.byref(made)))
        return tuple(made.shape[:made.rank]), tuple(made.strides[:made.rank]), made.offset

    def _work_out(self, given, seen, block, function):
        if block is None:
            block = self._take()
            for write, value in zip(self._writes, given):
                write(block, value)
        found = function(given, block)
        if not self._op.reads_data:
            if len(self._results) >= _RESULTS_KEPT:
                self._results.clear()
            self._results[seen] = found
        return found

    def _take(self):
        """A Block that no other call uses, of other threads or inside of this one."""
        try:
            return self._blocks.pop()
        except IndexError:
            pass
        block = Block(self._outs_at + self._op.results * ARRAY.size)
        for slot in self._slots:
            slot.begin(block)
        for write, value in self._fixed:
            write(block, value)
        block.fixed, block.keep = block.keep, []
        return block

    def _give_back(self, block):
        if block.keep:
            block.keep = []
        self._blocks.append(block)
