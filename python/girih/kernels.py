# SPDX-License-Identifier: Apache-2.0
"""Kernels of the library, and Programs given as text, as callables."""
import ctypes
import json
import operator
import struct
import sys
import typing

from girih import dlpack
from girih._errors import GirihError
from girih._library import (
    BY_VALUE, ArrayStruct, Handle, InspectOptions, LaunchOptions, OperandType, caller_call, check, lib, new_handle, take_text)
from girih.arrays import int64s
from girih.devices import as_device, native_stream
from girih.dtypes import as_dtype
from girih.operands import current_stream, lends_buffers, read, structs_of


class Spec(typing.NamedTuple):
    """An operand without memory, for inspect(): shape, dtype, strides in elements (None: row major)."""

    shape: tuple
    dtype: typing.Any = "f32"
    strides: typing.Optional[tuple] = None


class Plan:
    """A kernel or an operator with the operands' dtypes, ranks and devices fixed: packs numbers and launches."""

    __slots__ = ("_handle", "_pack")

    def __init__(self, callee, forms, config):
        types = (OperandType * len(forms))(*(OperandType(each.dtype, len(each.shape), each.flags) for each in forms))
        placed = next((each for each in forms if not each.flags & BY_VALUE), None)
        device = placed.device.struct if placed else as_device("host").struct
        if callee.op is not None:
            made = new_handle(lib.plan_create_op, callee.op, types, len(forms), device)
        else:
            options = _launch_options(config, 0)
            made = new_handle(lib.plan_create, callee.handle.value, types, len(forms), device, ctypes.byref(options))
        self._handle = Handle(made, lib.plan_free)
        self._pack = struct.Struct(f"={sum(1 + len(each.sizes) for each in forms)}q").pack

    def launch(self, operands, stream):
        numbers = []
        for form, address, _ in operands:
            numbers.append(address)
            numbers += form.sizes
        check(lib.plan_launch(self._handle.value, self._pack(*numbers), stream))


class Callee:
    """What Kernel and the operators share: called with arrays, it finds the quickest way to launch."""

    def __init__(self, handle=None, op=None):
        self.handle = handle  # of a girih_kernel, or
        self.op = op  # the name of an operator
        self._callers = {}  # type of the first argument -> c_void_p of a girih_caller, or None
        self._owned = []  # Handles of the callers
        self._plans = {}

    def __call__(self, *arrays, config=None, stream=None):
        if config is None and stream is None and arrays:
            caller = self._callers.get(type(arrays[0]))
            if caller is not None:
                try:
                    status = caller_call(caller, arrays)
                except Exception:
                    # Not all arguments belong to the library of the first: they are read one by one below.
                    status = -1
                if status == 0:
                    return
                if status > 0:
                    check(status)
        self._launch(arrays, config, stream)

    def _launch(self, arrays, config, stream):
        native = current_stream(arrays) if stream is None else native_stream(stream)
        operands = [read(array, native) for array in arrays]
        forms = [form for form, _, _ in operands]
        placed = [form for form in forms if not form.flags & BY_VALUE]
        for form in placed[1:]:
            if form.device != placed[0].device:
                raise GirihError("device", "error: [device] the arrays are on different devices: "
                                 + ", ".join(str(each.device) for each in placed))
        key = (config, *[form.kind for form in forms])
        plan = self._plans.get(key)
        if plan is None:
            plan = self._plans[key] = Plan(self, forms, config)
        plan.launch(operands, native)
        if arrays and type(arrays[0]) not in self._callers:
            self._add_caller(type(arrays[0]))

    def _add_caller(self, kind):
        table = dlpack.exchange_table(kind)
        self._callers[kind] = None
        if table is None and not lends_buffers(kind):
            return
        kernel = None if self.handle is None else self.handle.value
        try:
            made = Handle(new_handle(lib.caller_create, kernel, self.op, table, _is_negated(kind)), lib.caller_free)
        except GirihError:
            return  # a table that lends no tensors: plans serve
        self._owned.append(made)
        self._callers[kind] = made.value


_IS_NEG = sys.intern("is_neg")


def _is_negated(kind):
    """Address of the name of the method that tells lazy negation, for torch's tensors; None for others."""
    torch = sys.modules.get("torch")
    return id(_IS_NEG) if torch is not None and issubclass(kind, torch.Tensor) else None


class Kernel(Callee):
    """A kernel of the library: kernel("matmul")(a, b, c). `config` is a Config as text, "BM=128 BN=128 num_warps=8";
    `stream` a torch.cuda.Stream, a girih.Stream or a CUstream as an integer."""

    def __init__(self, name):
        super().__init__(handle=Handle(new_handle(lib.kernel_find, name.encode()), lib.kernel_free))
        self.name = name

    def with_constants(self, **values):
        """The kernel with other values for its named constants: kernel("k").with_constants(CAUSAL=True, SCALE=0.5).
        Each set of values is compiled anew; for numbers that change often a kernel takes an array of rank 0."""
        text = " ".join(f"{name}={_constant(name, value)}" for name, value in values.items())
        made = Kernel.__new__(Kernel)
        Callee.__init__(made, handle=Handle(new_handle(lib.kernel_with, self.handle.value, text.encode()),
                                            lib.kernel_free))
        made.name = self.name
        return made

    @property
    def arity(self):
        """Number of arrays that it takes."""
        return lib.kernel_arity(self.handle.value)

    def prepare(self, *arrays, config=None):
        """Compiles for such arrays without running; returns what is known of the result as a dict."""
        structs, keep = structs_of(arrays)
        options = _launch_options(config, current_stream(arrays))
        report = take_text(lib.kernel_prepare, self.handle.value, structs, len(arrays), ctypes.byref(options))
        del keep
        return json.loads(report)

    def program(self, *arrays, config=None):
        """The Program that such a call compiles, as text; Program() runs it anywhere."""
        structs, keep = structs_of(arrays)
        options = _launch_options(config, 0)
        text = take_text(lib.kernel_program, self.handle.value, structs, len(arrays), ctypes.byref(options))
        del keep
        return text

    def default_config(self, *arrays):
        """The Config that such a call uses, as text."""
        structs, keep = structs_of(arrays)
        text = take_text(lib.kernel_default_config, self.handle.value, structs, len(arrays))
        del keep
        return text

    def inspect(self, *operands, stage="ptx", arch=None, config=None):
        """One stage of compiling, as text: program, tile, layout, async, llvm, ptx. `operands` are arrays or Specs;
        `arch` is "host", "sm_90a", ... Nothing runs, and no GPU is needed."""
        if all(isinstance(operand, Spec) for operand in operands):
            structs, keep = _spec_structs(operands)
        else:
            structs, keep = structs_of(operands)
        options = _inspect_options(stage, arch, config)
        text = take_text(lib.kernel_inspect, self.handle.value, structs, len(operands), ctypes.byref(options))
        del keep
        return text

    def __repr__(self):
        return f"girih.Kernel({self.name!r})"


class Program(Kernel):
    """A recorded kernel, read from its text and called as any other. Its Config, dtypes and ranks are fixed."""

    def __init__(self, text):
        self._program = Handle(new_handle(lib.program_parse, text.encode()), lib.program_free)
        Callee.__init__(self, handle=Handle(new_handle(lib.program_kernel, self._program.value), lib.kernel_free))
        self.name = lib.kernel_name(self.handle.value).decode()

    @property
    def text(self):
        return take_text(lib.program_text, self._program.value)

    @property
    def hash(self):
        return take_text(lib.program_hash, self._program.value)

    def inspect(self, *, stage="ptx", arch=None):
        """One stage of compiling, as text; no arrays are needed."""
        options = _inspect_options(stage, arch, None)
        return take_text(lib.program_inspect, self._program.value, ctypes.byref(options))


def _constant(name, value):
    """The value of a constant as girih_kernel_with reads it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    try:
        return str(operator.index(value))
    except TypeError:
        pass
    if isinstance(value, (str, bytes)) or not hasattr(value, "__float__"):
        raise GirihError("argument", f"error: [argument] constant {name} cannot be {value!r}")
    return repr(float(value))


def _launch_options(config, stream):
    return LaunchOptions(ctypes.sizeof(LaunchOptions), stream or None, config.encode() if config is not None else None)


def _inspect_options(stage, arch, config):
    return InspectOptions(ctypes.sizeof(InspectOptions), stage.encode(), arch.encode() if arch else None,
                          config.encode() if config is not None else None)


def _spec_structs(specs):
    pointer = ctypes.POINTER(ctypes.c_int64)
    made, keep = (ArrayStruct * len(specs))(), []
    for one, spec in zip(made, specs):
        shape = int64s(spec.shape)
        strides = int64s(spec.strides) if spec.strides is not None else None
        keep += [shape, strides]
        one.shape, one.rank, one.dtype = ctypes.cast(shape, pointer), len(spec.shape), as_dtype(spec.dtype)
        if strides is not None:
            one.strides = ctypes.cast(strides, pointer)
    return made, keep


_kernels = {}


def kernel(name):
    """The library's kernel of that name. Raises GirihError [argument], which lists the names."""
    found = _kernels.get(name)
    if found is None:
        found = _kernels[name] = Kernel(name)
    return found


def kernel_names():
    """Names of all kernels of the library."""
    return [lib.kernel_name_at(index).decode() for index in range(lib.kernel_count())]
