/* SPDX-License-Identifier: Apache-2.0 */
/* Girih as a flat C interface: what other languages bind to.
 *
 * - Every function that can fail returns a girih_status; the text and the id
 *   of the calling thread's latest failure are girih_last_error() and
 *   girih_last_error_id(). No exception crosses this interface.
 * - Handles are opaque, immutable and usable from many threads at once; the
 *   caller frees each one with its _free function (freeing NULL is allowed).
 * - Option structs start with `size`, which the caller sets to sizeof the
 *   struct it was compiled with: fields may be added at their ends.
 * - Text results are freed by girih_text_free.
 * - GIRIH_ABI_VERSION grows when something here changes its meaning or goes.
 *   New functions, new enumerators and new fields at the end of a size-prefixed
 *   struct do not count. A caller compares it with girih_abi_version(). */
#ifndef GIRIH_OPS_CAPI_GIRIH_C_H
#define GIRIH_OPS_CAPI_GIRIH_C_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define GIRIH_C_API __attribute__((visibility("default")))
#else
#define GIRIH_C_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define GIRIH_ABI_VERSION 1

/* ---- Errors and versions ------------------------------------------------ */

/* Who must act: nobody, the author of the kernel, the caller, or we. */
typedef enum girih_status {
  GIRIH_OK = 0,
  GIRIH_COMPILE_ERROR = 1,
  GIRIH_RUNTIME_ERROR = 2,
  GIRIH_INTERNAL_ERROR = 3
} girih_status;

/* "0.1.0" */
GIRIH_C_API const char *girih_version(void);
GIRIH_C_API int32_t girih_abi_version(void);

/* Text of the latest failure in this thread, such as
 * `error: [dtype] add: ...`; "" when there was none. Valid until the next
 * failure in this thread. */
GIRIH_C_API const char *girih_last_error(void);
/* Its id in the catalogue, such as "dtype". */
GIRIH_C_API const char *girih_last_error_id(void);

GIRIH_C_API void girih_text_free(char *text);

/* ---- Element types ------------------------------------------------------ */

typedef enum girih_dtype {
  GIRIH_F64 = 0,
  GIRIH_F32,
  GIRIH_F16,
  GIRIH_BF16,
  GIRIH_E4M3,
  GIRIH_E5M2,
  GIRIH_I64,
  GIRIH_I32,
  GIRIH_I16,
  GIRIH_I8,
  GIRIH_U8,
  GIRIH_BOOL,
  GIRIH_I4,
  GIRIH_U4,
  GIRIH_E2M1,
  GIRIH_UE8M0
} girih_dtype;

/* "bf16"; NULL for a number that is no dtype. */
GIRIH_C_API const char *girih_dtype_name(int32_t dtype);
/* Bits of one element; 0 for a number that is no dtype. */
GIRIH_C_API int32_t girih_dtype_bits(int32_t dtype);
/* -1 when `name` is no dtype. */
GIRIH_C_API int32_t girih_dtype_parse(const char *name);
/* The dtype of a sum of both; -1 when either is no dtype. */
GIRIH_C_API int32_t girih_dtype_promote(int32_t first, int32_t second);

/* ---- Devices and streams ------------------------------------------------ */

typedef enum girih_device_kind {
  GIRIH_HOST = 0,
  GIRIH_CUDA = 1
} girih_device_kind;

typedef struct girih_device {
  int32_t kind; /* girih_device_kind */
  int32_t index;
} girih_device;

typedef struct girih_device_info {
  uint64_t size;
  char name[128];
  int32_t compute_capability; /* 90 for 9.0; 0 on the host */
  int32_t processors;         /* multiprocessors, or threads of the host */
  int64_t memory_bytes;
  int64_t l2_bytes;
  int64_t shared_bytes; /* the most one program can ask for */
  int32_t driver_version;
} girih_device_info;

/* Number of usable CUDA devices; 0 without a driver. Never fails. */
GIRIH_C_API int32_t girih_cuda_device_count(void);
/* Why that is 0, as one line; "" when it is not. Valid until the next call in
 * this thread. */
GIRIH_C_API const char *girih_cuda_unavailable_reason(void);
GIRIH_C_API girih_status girih_device_get_info(girih_device device,
                                               girih_device_info *info);
/* Waits for everything submitted to the device. */
GIRIH_C_API girih_status girih_device_synchronize(girih_device device);

/* Streams are passed to launches as CUstream values (a cudaStream_t is the
 * same); NULL is the device's default stream. On the host it is ignored. */
typedef struct girih_stream girih_stream;
GIRIH_C_API girih_status girih_stream_create(girih_device device,
                                             girih_stream **out);
/* Uses a CUstream that the caller keeps alive. */
GIRIH_C_API girih_status girih_stream_wrap(void *native, girih_device device,
                                           girih_stream **out);
GIRIH_C_API void *girih_stream_native(const girih_stream *stream);
GIRIH_C_API girih_status girih_stream_synchronize(const girih_stream *stream);
GIRIH_C_API void girih_stream_free(girih_stream *stream);

/* ---- Arrays ------------------------------------------------------------- */

/* Kernels may not write it. */
#define GIRIH_ARRAY_READ_ONLY 1u
/* A number for an operand of rank 0, passed by value: `data` is where it lies
 * on the host, read during the call; `device` is not looked at. */
#define GIRIH_ARRAY_BY_VALUE 2u
/* Nothing writes it any more, as the weights of a model: kernels may read it
 * before those ahead of them in the stream have ended. Implies READ_ONLY. */
#define GIRIH_ARRAY_CONSTANT 4u

/* A view of memory that the caller keeps alive. */
typedef struct girih_array {
  void *data;
  const int64_t *shape;   /* rank numbers */
  const int64_t *strides; /* rank numbers, in elements; NULL: row major */
  int32_t rank;
  int32_t dtype;
  girih_device device;
  uint32_t flags;
  uint32_t reserved; /* 0 */
} girih_array;

/* An array with memory of its own, or one that came through DLPack. */
typedef struct girih_buffer girih_buffer;

/* Row-major memory, 256-byte aligned; `zeroed` 0 leaves it uninitialised. */
GIRIH_C_API girih_status girih_buffer_create(int32_t dtype, int32_t rank,
                                             const int64_t *shape,
                                             girih_device device,
                                             int32_t zeroed,
                                             girih_buffer **out);
/* Its view; the pointers in it live as long as the buffer. */
GIRIH_C_API girih_status girih_buffer_view(const girih_buffer *buffer,
                                           girih_array *out);
/* Another view of its memory, which keeps that alive: sizes and strides in
 * elements, from element number `offset` on. It must lie inside. */
GIRIH_C_API girih_status girih_buffer_strided(
    const girih_buffer *buffer, int32_t rank, const int64_t *shape,
    const int64_t *strides, int64_t offset, girih_buffer **out);
/* Another view of all of it, for reading only: from now on nothing writes the
 * memory. Waits for the device. */
GIRIH_C_API girih_status girih_buffer_constant(const girih_buffer *buffer,
                                               girih_buffer **out);
GIRIH_C_API void girih_buffer_free(girih_buffer *buffer);
/* Copies elements between arrays of one shape and dtype, whatever their
 * strides and devices; complete when it returns. */
GIRIH_C_API girih_status girih_array_copy(const girih_array *from,
                                          const girih_array *to);

/* DLPack: `managed` is a DLManagedTensor*, or with `versioned` a
 * DLManagedTensorVersioned*. Importing takes it over in every case: its deleter
 * is called exactly once, at once when importing fails. */
GIRIH_C_API girih_status girih_buffer_from_dlpack(void *managed,
                                                  int32_t versioned,
                                                  girih_buffer **out);
/* The result shares the memory and keeps it alive; its consumer calls its
 * deleter. A read-only array can only be exported versioned. */
GIRIH_C_API girih_status girih_buffer_to_dlpack(const girih_buffer *buffer,
                                                int32_t versioned,
                                                void **out_managed);

/* ---- Kernels ------------------------------------------------------------ */

typedef struct girih_kernel girih_kernel;

typedef struct girih_launch_options {
  uint64_t size;
  void *stream;       /* CUstream; NULL: the default stream */
  const char *config; /* "BM=128 BN=128 num_warps=8"; NULL: the default */
} girih_launch_options;

/* Kernels of the library. Names are valid for ever; NULL past the end. */
GIRIH_C_API int32_t girih_kernel_count(void);
GIRIH_C_API const char *girih_kernel_name_at(int32_t index);

GIRIH_C_API girih_status girih_kernel_find(const char *name,
                                           girih_kernel **out);
GIRIH_C_API void girih_kernel_free(girih_kernel *kernel);
GIRIH_C_API const char *girih_kernel_name(const girih_kernel *kernel);
/* Number of arrays it takes. */
GIRIH_C_API int32_t girih_kernel_arity(const girih_kernel *kernel);
/* The kernel with other values for its named constants, as
 * "CAUSAL=true BLOCK=64 SCALE=0.5". Each set of values is compiled anew;
 * handles made with equal ones share the code. A value is true, false, an
 * integer or a float; which names there are is checked at the first call. */
GIRIH_C_API girih_status girih_kernel_with(const girih_kernel *kernel,
                                           const char *constants,
                                           girih_kernel **out);

/* Runs on the arrays' device; `options` may be NULL. On the host it returns
 * when done, on a GPU when submitted. */
GIRIH_C_API girih_status
girih_kernel_launch(const girih_kernel *kernel, const girih_array *arrays,
                    int32_t count, const girih_launch_options *options);
/* Does all that a first launch does, save running. `report`, when not NULL,
 * gets a JSON object: config, target, origin, programs, threads, registers,
 * local_bytes, shared_bytes and seconds. */
GIRIH_C_API girih_status girih_kernel_prepare(
    const girih_kernel *kernel, const girih_array *arrays, int32_t count,
    const girih_launch_options *options, char **report);
/* Text of the Program that such a launch compiles. */
GIRIH_C_API girih_status girih_kernel_program(
    const girih_kernel *kernel, const girih_array *arrays, int32_t count,
    const girih_launch_options *options, char **text);
/* Text of the Config that such a launch uses by default. */
GIRIH_C_API girih_status girih_kernel_default_config(const girih_kernel *kernel,
                                                     const girih_array *arrays,
                                                     int32_t count,
                                                     char **text);

typedef struct girih_inspect_options {
  uint64_t size;
  const char *stage;  /* program tile layout async llvm ptx object */
  const char *arch;   /* "host", "sm_90a"; NULL: that of the arrays */
  const char *config; /* NULL: the default */
} girih_inspect_options;

/* Text of one stage of compiling for such arrays. Nothing runs and no GPU is
 * needed; data may be NULL, which stands for an aligned pointer. */
GIRIH_C_API girih_status girih_kernel_inspect(
    const girih_kernel *kernel, const girih_array *arrays, int32_t count,
    const girih_inspect_options *options, char **text);

/* ---- Programs recorded elsewhere ---------------------------------------- */

typedef struct girih_program girih_program;

/* Reads a Program's text (girih_kernel_program). */
GIRIH_C_API girih_status girih_program_parse(const char *text,
                                             girih_program **out);
GIRIH_C_API void girih_program_free(girih_program *program);
GIRIH_C_API girih_status girih_program_text(const girih_program *program,
                                            char **text);
/* 32 hexadecimal digits. */
GIRIH_C_API girih_status girih_program_hash(const girih_program *program,
                                            char **text);
/* The Program as a kernel. Arrays must have the dtypes and ranks that it was
 * recorded for, and the alignments that it relies on; its Config is its own. */
GIRIH_C_API girih_status girih_program_kernel(const girih_program *program,
                                              girih_kernel **out);
/* girih_kernel_launch of that kernel. */
GIRIH_C_API girih_status
girih_program_launch(const girih_program *program, const girih_array *arrays,
                     int32_t count, const girih_launch_options *options);
/* Text of one stage for options->arch ("host" when NULL). */
GIRIH_C_API girih_status
girih_program_inspect(const girih_program *program,
                      const girih_inspect_options *options, char **text);

/* ---- Operators ---------------------------------------------------------- */

/* out = a + b, shapes broadcast. `options` may be NULL. */
GIRIH_C_API girih_status girih_add(const girih_array *a, const girih_array *b,
                                   const girih_array *out,
                                   const girih_launch_options *options);
/* out = a b, the matrix product. */
GIRIH_C_API girih_status girih_matmul(const girih_array *a,
                                      const girih_array *b,
                                      const girih_array *out,
                                      const girih_launch_options *options);

/* ---- Operators by name --------------------------------------------------- */

typedef enum girih_value_kind {
  GIRIH_VALUE_NONE = 0, /* a parameter that may be missing is */
  GIRIH_VALUE_ARRAY,    /* `arrays`, one */
  GIRIH_VALUE_ARRAYS,   /* `arrays`, `count` */
  GIRIH_VALUE_INT,      /* `integer` */
  GIRIH_VALUE_FLOAT,    /* `real` */
  GIRIH_VALUE_BOOL,     /* `integer`, 0 or 1 */
  GIRIH_VALUE_TEXT,     /* `text` */
  GIRIH_VALUE_INTS,     /* `integers`, `count` */
  GIRIH_VALUE_DTYPE,    /* `integer`, a girih_dtype */
  GIRIH_VALUE_DEVICE    /* `device` */
} girih_value_kind;

/* An argument of an operator. */
typedef struct girih_value {
  int32_t kind; /* girih_value_kind */
  int32_t count;
  union {
    int64_t integer;
    double real;
    const char *text;
    const int64_t *integers;
    const girih_array *arrays;
    girih_device device;
  } as;
} girih_value;

/* Shape and dtype of a result. */
typedef struct girih_shaped {
  int64_t shape[8];
  int32_t rank;
  int32_t dtype;
} girih_shaped;

/* All operators as JSON: names, parameters with types and defaults, results,
 * dtypes. Freed with girih_text_free. */
GIRIH_C_API girih_status girih_ops_json(char **out);
/* What a call gives. `values` has one for each parameter; `results` has room
 * for `capacity`, and `*count` becomes their number. */
GIRIH_C_API girih_status girih_op_results(const char *op,
                                          const girih_value *values,
                                          int32_t value_count,
                                          girih_shaped *results,
                                          int32_t capacity, int32_t *count);
/* The call, into arrays of the caller. */
GIRIH_C_API girih_status girih_op_run(const char *op, const girih_value *values,
                                      int32_t value_count,
                                      const girih_array *outs,
                                      int32_t out_count, void *stream);

/* A view of an array: in elements, `offset` from its first one. */
typedef struct girih_strided {
  int64_t shape[8];
  int64_t strides[8];
  int64_t offset;
  int32_t rank;
  int32_t reserved;
} girih_strided;

/* Of an operator that gives a view of its first argument (`view` in the JSON):
 * that view, without a copy. girih_op_run copies it. */
GIRIH_C_API girih_status girih_op_view(const char *op,
                                       const girih_value *values,
                                       int32_t value_count, girih_strided *out);

/* ---- Calling the same thing often --------------------------------------- */

/* A call with everything fixed but addresses, sizes and strides. */
typedef struct girih_plan girih_plan;

typedef struct girih_operand_type {
  int32_t dtype;
  int32_t rank;
  uint32_t flags; /* GIRIH_ARRAY_ */
} girih_operand_type;

/* A plan of a kernel; `options->stream` is not used. */
GIRIH_C_API girih_status girih_plan_create(const girih_kernel *kernel,
                                           const girih_operand_type *operands,
                                           int32_t count, girih_device device,
                                           const girih_launch_options *options,
                                           girih_plan **out);
/* A plan of an operator by name ("add"): its inputs, then its result. */
GIRIH_C_API girih_status
girih_plan_create_op(const char *op, const girih_operand_type *operands,
                     int32_t count, girih_device device, girih_plan **out);
/* `packed` holds for each operand its address, sizes and strides. */
GIRIH_C_API girih_status girih_plan_launch(const girih_plan *plan,
                                           const int64_t *packed, void *stream);
GIRIH_C_API void girih_plan_free(girih_plan *plan);

/* ---- For Python --------------------------------------------------------- */

/* Functions of the running interpreter, so that nothing here links to one. */
typedef struct girih_python {
  uint64_t size;
  intptr_t (*tuple_size)(void *tuple);              /* PyTuple_Size */
  void *(*tuple_item)(void *tuple, intptr_t index); /* PyTuple_GetItem */
  void *(*save_thread)(void);                       /* PyEval_SaveThread */
  void (*restore_thread)(void *state);              /* PyEval_RestoreThread */
  int (*capsule_is_valid)(void *capsule, const char *name);
  void *(*capsule_pointer)(void *capsule, const char *name);
  int (*get_buffer)(void *object, void *view, int flags); /* PyObject_ */
  void (*release_buffer)(void *view);                     /* PyBuffer_ */
  void *(*call_method)(void *name, void *const *arguments, size_t count,
                       void *keywords); /* PyObject_VectorcallMethod */
  int (*is_true)(void *object);         /* PyObject_IsTrue */
  void (*release)(void *object);        /* Py_DecRef */
} girih_python;
GIRIH_C_API girih_status girih_python_attach(const girih_python *functions);

/* A call whose arguments are read here: a launch from Python is then one
 * foreign call, whatever the number of arrays. */
typedef struct girih_caller girih_caller;
/* Of `kernel`, or of the operator `op` when kernel is NULL. `exchange_api` is
 * the `__dlpack_c_exchange_api__` of the arguments' type (a DLPackExchangeAPI,
 * DLPack 1.3); NULL reads through the buffer protocol.
 * `is_negated`, when not NULL, is a Python str that the caller keeps alive: the
 * name of the method with which such an argument says that its elements are
 * the negatives of its memory (torch's lazy negation, which DLPack cannot
 * express). Real parts of complex types are asked (f16, f32, f64); one that is
 * negated could not be read. */
GIRIH_C_API girih_status girih_caller_create(const girih_kernel *kernel,
                                             const char *op,
                                             const void *exchange_api,
                                             void *is_negated,
                                             girih_caller **out);
/* Call with the GIL held; it is released while the kernel is launched. Returns
 * -1 when an argument could not be read, in most cases with a Python error set.
 * CUDA work goes to the current stream of the arguments' library. */
GIRIH_C_API int32_t girih_caller_call(const girih_caller *caller, void *tuple);
GIRIH_C_API void girih_caller_free(girih_caller *caller);
/* For PyCapsule_New: frees what no consumer has taken. */
GIRIH_C_API void girih_python_capsule_destructor(void *capsule);

#ifdef __cplusplus
}
#endif

#endif
