/* SPDX-License-Identifier: Apache-2.0 */
/* Plans, callers and DLPack, with a stand-in for Python. */
#include "check.h"

#include <stdlib.h>

static const girih_device host = {GIRIH_HOST, 0};

void test_plan(void) {
  float a[5] = {1, 2, 3, 4, 5}, b[5] = {10, 20, 30, 40, 50}, out[5];
  const girih_operand_type types[3] = {
      {GIRIH_F32, 1, 0}, {GIRIH_F32, 1, 0}, {GIRIH_F32, 1, 0}};
  girih_kernel *kernel = NULL;
  girih_plan *plan = NULL;
  CHECK_OK(girih_kernel_find("add", &kernel));
  CHECK_OK(girih_plan_create(kernel, types, 3, host, NULL, &plan));
  girih_kernel_free(kernel); /* a plan needs no other handle */
  memset(out, 0xff, sizeof(out));
  const int64_t packed[] = {(intptr_t)a,   5, 1, (intptr_t)b, 5, 1,
                            (intptr_t)out, 5, 1};
  CHECK_OK(girih_plan_launch(plan, packed, NULL));
  for (int i = 0; i < 5; ++i)
    CHECK(out[i] == a[i] + b[i]);
  /* Every other element, backwards in nothing: sizes and strides are of the
   * call, not of the plan. */
  memset(out, 0, sizeof(out));
  const int64_t strided[] = {(intptr_t)a,   3, 2, (intptr_t)b, 3, 1,
                             (intptr_t)out, 3, 1};
  CHECK_OK(girih_plan_launch(plan, strided, NULL));
  CHECK(out[0] == 11 && out[1] == 23 && out[2] == 35 && out[3] == 0);
  const int64_t overlapping[] = {(intptr_t)a,       3, 1, (intptr_t)b, 3, 1,
                                 (intptr_t)(a + 1), 3, 1};
  CHECK_FAILS(girih_plan_launch(plan, overlapping, NULL), GIRIH_RUNTIME_ERROR,
              "overlap");
  girih_plan_free(plan);

  CHECK_OK(girih_plan_create_op("add", types, 3, host, &plan));
  memset(out, 0xff, sizeof(out));
  CHECK_OK(girih_plan_launch(plan, packed, NULL));
  CHECK(out[4] == 55);
  girih_plan_free(plan);
  CHECK_FAILS(girih_plan_create_op("add", types, 2, host, &plan),
              GIRIH_RUNTIME_ERROR, "count");
  CHECK_FAILS(girih_plan_create_op("subtract", types, 3, host, &plan),
              GIRIH_RUNTIME_ERROR, "argument");
}

/* Sizes, strides and addresses that no plan may act on, after a good call with
 * the same plan. */
static void check_bad_numbers(const girih_plan *plan, float *a, float *b,
                              float *c) {
  const int64_t good[] = {(intptr_t)a, 2, 3,           3, 1, (intptr_t)b, 3, 2,
                          2,           1, (intptr_t)c, 2, 2, 2,           1};
  const int64_t far = (int64_t)1 << 61;
  const struct {
    int at;
    int64_t value;
    const char *id;
  } wrong[] = {
      {11, 5000, "shape"},          /* grids disagree in rows */
      {12, 5000, "shape"},          /* and in columns */
      {6, 2, "shape"},              /* the inner sizes disagree */
      {6, 4, "shape"},              /* which one tile would hide */
      {1, -2, "shape"},             /* negative */
      {3, far, "shape"},            /* reaches past the address space */
      {11, far, "shape"},           /* so does its size */
      {3, INT64_MIN, "shape"},      /* whose absolute value is no integer */
      {0, 0, "null"},               /* no memory */
      {10, 0, "null"},              /* nor for the output */
      {10, good[0], "overlap"},     /* the output is an input */
      {13, 0, "stride"},            /* rows of the output share memory */
      {0, good[0] + 1, "argument"}, /* not aligned for f32 */
  };
  for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); ++i) {
    int64_t packed[15];
    memcpy(packed, good, sizeof(packed));
    memset(c, 0, 4 * sizeof(*c));
    CHECK_OK(girih_plan_launch(plan, packed, NULL));
    CHECK(c[0] == 6 && c[3] == 6);
    packed[wrong[i].at] = wrong[i].value;
    memset(c, 0, 4 * sizeof(*c));
    CHECK(girih_plan_launch(plan, packed, NULL) == GIRIH_RUNTIME_ERROR);
    CHECK(strcmp(girih_last_error_id(), wrong[i].id) == 0);
    CHECK(c[0] == 0 && c[3] == 0);
  }
}

void test_bad_plans(void) {
  /* Exactly as large as they must be: a sanitizer sees any access beyond. */
  float *a = malloc(6 * sizeof(*a)), *b = malloc(6 * sizeof(*b)),
        *c = malloc(4 * sizeof(*c));
  for (int i = 0; i < 6; ++i) {
    a[i] = 1;
    b[i] = 2;
  }
  girih_operand_type types[3] = {
      {GIRIH_F32, 2, 0}, {GIRIH_F32, 2, 0}, {GIRIH_F32, 2, 0}};
  girih_kernel *kernel = NULL;
  girih_plan *plan = NULL;
  CHECK_OK(girih_kernel_find("matmul", &kernel));
  CHECK_OK(girih_plan_create(kernel, types, 3, host, NULL, &plan));
  check_bad_numbers(plan, a, b, c);
  girih_plan_free(plan);
  CHECK_OK(girih_plan_create_op("matmul", types, 3, host, &plan));
  const int64_t smaller[] = {(intptr_t)a, 2, 3, 3, 1, (intptr_t)b, 3, 2, 2, 1,
                             (intptr_t)c, 2, 1, 2, 1};
  CHECK_FAILS(girih_plan_launch(plan, smaller, NULL), GIRIH_RUNTIME_ERROR,
              "shape");
  girih_plan_free(plan);

  types[0].rank = 1;
  CHECK_OK(girih_plan_create(kernel, types, 3, host, NULL, &plan));
  const int64_t flat[] = {(intptr_t)a, 6,           1, (intptr_t)b, 3, 2, 2,
                          1,           (intptr_t)c, 2, 2,           2, 1};
  CHECK_FAILS(girih_plan_launch(plan, flat, NULL), GIRIH_COMPILE_ERROR,
              "rank-mismatch");
  girih_plan_free(plan);
  types[0].rank = 9;
  CHECK_FAILS(girih_plan_create(kernel, types, 3, host, NULL, &plan),
              GIRIH_RUNTIME_ERROR, "shape");
  types[0].rank = -1;
  CHECK_FAILS(girih_plan_create(kernel, types, 3, host, NULL, &plan),
              GIRIH_RUNTIME_ERROR, "shape");
  types[0].rank = 2;
  types[1].dtype = 99;
  CHECK_FAILS(girih_plan_create(kernel, types, 3, host, NULL, &plan),
              GIRIH_RUNTIME_ERROR, "argument");
  types[1].dtype = GIRIH_F32;
  CHECK_FAILS(girih_plan_create(kernel, types, -3, host, NULL, &plan),
              GIRIH_RUNTIME_ERROR, "count");
  girih_kernel_free(kernel);
  free(a);
  free(b);
  free(c);
}

/* A Program from text trusts no array either. */
void test_bad_programs(void) {
  float a[8] = {0}, b[8] = {0}, out[8] = {0};
  int64_t seven = 7, six = 6, square[] = {2, 2};
  girih_array arrays[3] = {host_array(a, GIRIH_F32, 1, &seven),
                           host_array(b, GIRIH_F32, 1, &seven),
                           host_array(out, GIRIH_F32, 1, &seven)};
  girih_kernel *kernel = NULL;
  girih_program *program = NULL;
  char *text = NULL;
  CHECK_OK(girih_kernel_find("add", &kernel));
  CHECK_OK(girih_kernel_program(kernel, arrays, 3, NULL, &text));
  girih_kernel_free(kernel);
  CHECK_OK(girih_program_parse(text, &program));
  girih_text_free(text);
  CHECK_OK(girih_program_launch(program, arrays, 3, NULL));
  arrays[1].shape = &six;
  CHECK_FAILS(girih_program_launch(program, arrays, 3, NULL),
              GIRIH_RUNTIME_ERROR, "shape");
  arrays[1].shape = &seven;
  arrays[2] = host_array(out, GIRIH_F32, 2, square);
  CHECK_FAILS(girih_program_launch(program, arrays, 3, NULL),
              GIRIH_RUNTIME_ERROR, "rank");
  arrays[2] = host_array(out, GIRIH_I32, 1, &seven);
  CHECK_FAILS(girih_program_launch(program, arrays, 3, NULL),
              GIRIH_RUNTIME_ERROR, "dtype");
  /* Recorded for 16-byte aligned arrays. */
  arrays[2] = host_array(out + 1, GIRIH_F32, 1, &seven);
  arrays[0] = host_array(a + 1, GIRIH_F32, 1, &seven);
  CHECK(girih_program_launch(program, arrays, 3, NULL) != GIRIH_INTERNAL_ERROR);
  CHECK_FAILS(girih_program_launch(program, arrays, 2, NULL),
              GIRIH_RUNTIME_ERROR, "count");
  CHECK_FAILS(girih_program_launch(program, arrays, 0, NULL),
              GIRIH_RUNTIME_ERROR, "count");
  girih_program_free(program);
}

/* A tuple of tensors, as an interpreter would have it. */
typedef struct tensor {
  void *data;
  int32_t device_type, device_index;
  int32_t rank;
  uint8_t code, bits;
  uint16_t lanes;
  int64_t *shape, *strides;
  uint64_t byte_offset;
} tensor;

typedef struct tuple {
  intptr_t count;
  tensor *items[4];
} tuple;

static int gil_depth = 1, unreadable = 0;

static intptr_t tuple_size(void *object) { return ((tuple *)object)->count; }
static void *tuple_item(void *object, intptr_t index) {
  return ((tuple *)object)->items[index];
}
static void *save_thread(void) {
  --gil_depth;
  return &gil_depth;
}
static void restore_thread(void *state) {
  (void)state;
  ++gil_depth;
}
static int capsule_is_valid(void *capsule, const char *name) {
  (void)capsule, (void)name;
  return 0;
}
static void *capsule_pointer(void *capsule, const char *name) {
  (void)capsule, (void)name;
  return NULL;
}
static int get_buffer(void *object, void *view, int flags) {
  (void)object, (void)view, (void)flags;
  return -1;
}
static void release_buffer(void *view) { (void)view; }
/* A tensor is its own answer to "is_neg": it is true when it is `negated`. */
static tensor *negated = NULL;
static int questions = 0;
static void *call_method(void *name, void *const *arguments, size_t count,
                         void *keywords) {
  CHECK(strcmp(name, "is_neg") == 0 && count == 1 && keywords == NULL);
  ++questions;
  return arguments[0];
}
static int is_true(void *object) { return object == negated; }
static void release(void *object) { CHECK(object != NULL); }
static int tensor_from_object(void *object, void *out) {
  CHECK(gil_depth == 1);
  if (unreadable)
    return -1;
  memcpy(out, object, sizeof(tensor));
  return 0;
}
static int current_stream(int32_t type, int32_t index, void **out) {
  (void)type, (void)index;
  *out = NULL;
  return 0;
}

typedef struct exchange {
  uint32_t major, minor;
  struct exchange *previous;
  void *unused[3];
  int (*tensor_from_object)(void *, void *);
  int (*current_stream)(int32_t, int32_t, void **);
} exchange;

void test_caller(void) {
  const girih_python functions = {
      sizeof(functions), tuple_size,       tuple_item,      save_thread,
      restore_thread,    capsule_is_valid, capsule_pointer, get_buffer,
      release_buffer,    call_method,      is_true,         release};
  exchange older = {1, 3, NULL, {NULL}, tensor_from_object, current_stream};
  exchange api = {9, 0, &older, {NULL}, NULL, NULL};
  girih_caller *caller = NULL;
  CHECK_FAILS(girih_caller_create(NULL, "add", &api, NULL, &caller),
              GIRIH_RUNTIME_ERROR, "argument"); /* nothing is attached yet */
  CHECK_OK(girih_python_attach(&functions));
  CHECK_OK(girih_caller_create(NULL, "add", &api, NULL, &caller));

  int64_t shape[] = {4};
  int32_t a[] = {1, 2, 3, 4}, b[] = {9, 10, 20, 30, 40}, out[4];
  tensor ta = {a, 1, 0, 1, 0, 32, 1, shape, NULL, 0};
  tensor tb = {b, 1, 0, 1, 0, 32, 1, shape, NULL, 4}; /* from its second */
  tensor tout = {out, 1, 0, 1, 0, 32, 1, shape, NULL, 0};
  tuple arguments = {3, {&ta, &tb, &tout, NULL}};
  memset(out, 0xff, sizeof(out));
  CHECK(girih_caller_call(caller, &arguments) == 0);
  CHECK(gil_depth == 1);
  for (int i = 0; i < 4; ++i)
    CHECK(out[i] == a[i] + b[i + 1]);

  girih_caller *by_buffer = NULL;
  CHECK_OK(girih_caller_create(NULL, "add", NULL, NULL, &by_buffer));
  CHECK(girih_caller_call(by_buffer, &arguments) == -1);
  girih_caller_free(by_buffer);
  unreadable = 1;
  CHECK(girih_caller_call(caller, &arguments) == -1);
  unreadable = 0;
  arguments.count = 2;
  CHECK(girih_caller_call(caller, &arguments) == GIRIH_RUNTIME_ERROR);
  CHECK(strcmp(girih_last_error_id(), "count") == 0);
  arguments.count = 3;
  int64_t three = 3;
  tout.shape = &three; /* stale: the inputs have four */
  CHECK(girih_caller_call(caller, &arguments) == GIRIH_RUNTIME_ERROR);
  CHECK(strcmp(girih_last_error_id(), "shape") == 0);
  tout.shape = shape;
  tout.rank = 9;
  CHECK(girih_caller_call(caller, &arguments) == GIRIH_RUNTIME_ERROR);
  CHECK(strcmp(girih_last_error_id(), "dlpack") == 0);
  tout.rank = 1;
  tout.code = 5; /* complex */
  CHECK(girih_caller_call(caller, &arguments) == GIRIH_RUNTIME_ERROR);
  CHECK(strcmp(girih_last_error_id(), "dlpack") == 0);
  CHECK(gil_depth == 1);
  girih_caller_free(caller);
  exchange newer = {9, 0, NULL, {NULL}, NULL, NULL};
  CHECK_FAILS(girih_caller_create(NULL, "add", &newer, NULL, &caller),
              GIRIH_RUNTIME_ERROR, "dlpack");
}

/* Tensors that say that they are lazily negated are left to the caller. */
void test_negated(void) {
  exchange api = {1, 3, NULL, {NULL}, tensor_from_object, current_stream};
  int64_t shape[] = {2};
  float a[] = {1, 2}, b[] = {3, 4}, out[] = {0, 0};
  tensor ta = {a, 1, 0, 1, 2, 32, 1, shape, NULL, 0};
  tensor tb = {b, 1, 0, 1, 2, 32, 1, shape, NULL, 0};
  tensor tout = {out, 1, 0, 1, 2, 32, 1, shape, NULL, 0};
  tuple arguments = {3, {&ta, &tb, &tout, NULL}};
  girih_caller *caller = NULL;
  CHECK_OK(girih_caller_create(NULL, "add", &api, "is_neg", &caller));
  CHECK(girih_caller_call(caller, &arguments) == 0);
  CHECK(questions == 3 && out[0] == 4 && out[1] == 6);
  out[0] = 0;
  negated = &tb;
  CHECK(girih_caller_call(caller, &arguments) == -1);
  CHECK(out[0] == 0);
  negated = NULL;
  girih_caller_free(caller);
}

typedef struct managed {
  tensor dl_tensor;
  void *context;
  void (*deleter)(void *);
} managed;

typedef struct managed_versioned {
  uint32_t major, minor;
  void *context;
  void (*deleter)(void *);
  uint64_t flags;
  tensor dl_tensor;
} managed_versioned;

static int deleted = 0;
static void count_deleted(void *self) {
  (void)self;
  ++deleted;
}

void test_dlpack(void) {
  int64_t shape[] = {2, 3}, strides[] = {1, 2};
  float data[6] = {0, 1, 2, 3, 4, 5};
  managed plain = {
      {data, 1, 0, 2, 2, 32, 1, shape, strides, 0}, NULL, count_deleted};
  girih_buffer *buffer = NULL;
  girih_array view;
  CHECK_OK(girih_buffer_from_dlpack(&plain, 0, &buffer));
  CHECK_OK(girih_buffer_view(buffer, &view));
  CHECK(view.data == data && view.strides[1] == 2 && view.flags == 0);
  CHECK(deleted == 0);

  /* Out again: the memory lives until both are gone. */
  void *out = NULL;
  CHECK_OK(girih_buffer_to_dlpack(buffer, 1, &out));
  girih_buffer_free(buffer);
  CHECK(deleted == 0);
  managed_versioned *shared = out;
  CHECK(shared->major == 1 && shared->dl_tensor.data == data);
  CHECK(shared->dl_tensor.shape[0] == 2 && shared->dl_tensor.strides[0] == 1);
  shared->deleter(shared);
  CHECK(deleted == 1);

  /* Refused tensors are deleted too, once. */
  plain.dl_tensor.device_type = 4;
  CHECK_FAILS(girih_buffer_from_dlpack(&plain, 0, &buffer), GIRIH_RUNTIME_ERROR,
              "dlpack");
  CHECK(deleted == 2);
  managed_versioned future = {
      2,    0,
      NULL, count_deleted,
      0,    {data, 1, 0, 2, 2, 32, 1, shape, strides, 0}};
  CHECK_FAILS(girih_buffer_from_dlpack(&future, 1, &buffer),
              GIRIH_RUNTIME_ERROR, "dlpack");
  CHECK(deleted == 3);

  future.major = 1;
  future.flags = 1; /* read-only */
  CHECK_OK(girih_buffer_from_dlpack(&future, 1, &buffer));
  CHECK_OK(girih_buffer_view(buffer, &view));
  CHECK(view.flags == GIRIH_ARRAY_READ_ONLY);
  CHECK_FAILS(girih_buffer_to_dlpack(buffer, 0, &out), GIRIH_RUNTIME_ERROR,
              "dlpack");
  girih_buffer_free(buffer);
  CHECK(deleted == 4);
}
