/* SPDX-License-Identifier: Apache-2.0 */
/* The C interface, used from C. */
#include "check.h"

#include <stdlib.h>

int failures = 0;

static const girih_device host = {GIRIH_HOST, 0};

girih_array host_array(void *data, int32_t dtype, int32_t rank,
                       const int64_t *shape) {
  girih_array array;
  memset(&array, 0, sizeof(array));
  array.data = data;
  array.dtype = dtype;
  array.rank = rank;
  array.shape = shape;
  array.device = host;
  return array;
}

/* Layouts that callers in other languages repeat: tests/python/arrays_test.py
 * has the same numbers. They change only with GIRIH_ABI_VERSION. */
_Static_assert(sizeof(girih_array) == 48, "girih_array");
_Static_assert(offsetof(girih_array, device) == 32, "girih_array.device");
_Static_assert(sizeof(girih_operand_type) == 12, "girih_operand_type");
_Static_assert(sizeof(girih_launch_options) >= 24, "girih_launch_options");
_Static_assert(sizeof(girih_inspect_options) >= 32, "girih_inspect_options");
_Static_assert(sizeof(girih_device_info) >= 176, "girih_device_info");

static void test_versions(void) {
  CHECK(girih_abi_version() == GIRIH_ABI_VERSION);
  CHECK(strchr(girih_version(), '.') != NULL);
}

static void test_dtypes(void) {
  CHECK(strcmp(girih_dtype_name(GIRIH_BF16), "bf16") == 0);
  CHECK(strcmp(girih_dtype_name(GIRIH_F64), "f64") == 0);
  CHECK(girih_dtype_name(-1) == NULL && girih_dtype_name(16) == NULL);
  CHECK(girih_dtype_bits(GIRIH_F64) == 64 && girih_dtype_bits(GIRIH_I4) == 4);
  CHECK(girih_dtype_bits(99) == 0);
  for (int32_t dtype = GIRIH_F64; dtype <= GIRIH_UE8M0; ++dtype)
    CHECK(girih_dtype_parse(girih_dtype_name(dtype)) == dtype);
  CHECK(girih_dtype_parse("float") == -1 && girih_dtype_parse(NULL) == -1);
  CHECK(girih_dtype_promote(GIRIH_F16, GIRIH_BF16) == GIRIH_F32);
  CHECK(girih_dtype_promote(GIRIH_F16, 77) == -1);
}

static void test_devices(void) {
  const girih_device nowhere = {7, 0}, missing = {GIRIH_CUDA, 4096};
  girih_device_info info;
  memset(&info, 0xff, sizeof(info));
  info.size = sizeof(info);
  CHECK_OK(girih_device_get_info(host, &info));
  CHECK(info.processors > 0 && info.compute_capability == 0);
  CHECK(memchr(info.name, 0, sizeof(info.name)) != NULL);
  CHECK_FAILS(girih_device_get_info(nowhere, &info), GIRIH_RUNTIME_ERROR,
              "argument");
  CHECK(girih_device_get_info(missing, &info) == GIRIH_RUNTIME_ERROR);
  info.size = 0;
  CHECK_FAILS(girih_device_get_info(host, &info), GIRIH_RUNTIME_ERROR,
              "argument");
  CHECK((girih_cuda_device_count() == 0) ==
        (girih_cuda_unavailable_reason()[0] != 0));
  CHECK_OK(girih_device_synchronize(host));

  girih_stream *stream = NULL;
  CHECK_OK(girih_stream_create(host, &stream));
  CHECK(girih_stream_native(stream) == NULL);
  CHECK_OK(girih_stream_synchronize(stream));
  girih_stream_free(stream);
  girih_stream_free(NULL);
}

static void test_buffers(void) {
  const int64_t shape[] = {3, 5};
  girih_buffer *buffer = NULL, *zeros = NULL;
  girih_array view, zero;
  CHECK_OK(girih_buffer_create(GIRIH_I32, 2, shape, host, 0, &buffer));
  CHECK_OK(girih_buffer_create(GIRIH_I32, 2, shape, host, 1, &zeros));
  CHECK_OK(girih_buffer_view(buffer, &view));
  CHECK_OK(girih_buffer_view(zeros, &zero));
  CHECK(view.rank == 2 && view.shape[1] == 5 && view.strides[0] == 5);
  CHECK(view.dtype == GIRIH_I32 && (uintptr_t)view.data % 256 == 0);
  memset(view.data, 0xab, 15 * sizeof(int32_t));
  CHECK_OK(girih_array_copy(&zero, &view));
  for (int i = 0; i < 15; ++i)
    CHECK(((const int32_t *)view.data)[i] == 0);

  view.flags = GIRIH_ARRAY_READ_ONLY;
  CHECK_FAILS(girih_array_copy(&zero, &view), GIRIH_RUNTIME_ERROR, "argument");
  const int64_t negative[] = {3, -5};
  girih_buffer *none = NULL;
  CHECK_FAILS(girih_buffer_create(GIRIH_I32, 2, negative, host, 0, &none),
              GIRIH_RUNTIME_ERROR, "shape");
  CHECK_FAILS(girih_buffer_create(GIRIH_I32, 9, shape, host, 0, &none),
              GIRIH_RUNTIME_ERROR, "shape");
  CHECK_FAILS(girih_buffer_create(99, 2, shape, host, 0, &none),
              GIRIH_RUNTIME_ERROR, "argument");
  CHECK_FAILS(girih_buffer_create(GIRIH_I32, 2, NULL, host, 0, &none),
              GIRIH_RUNTIME_ERROR, "argument");
  CHECK(none == NULL);
  girih_buffer_free(buffer);
  girih_buffer_free(zeros);
}

static void test_add(void) {
  const int64_t rows[] = {7, 13}, row[] = {13};
  float a[91], b[13], out[91];
  for (int i = 0; i < 91; ++i)
    a[i] = (float)(rand() % 2000 - 1000);
  for (int i = 0; i < 13; ++i)
    b[i] = (float)(rand() % 2000 - 1000);
  memset(out, 0xff, sizeof(out));
  girih_array first = host_array(a, GIRIH_F32, 2, rows);
  girih_array second = host_array(b, GIRIH_F32, 1, row);
  girih_array result = host_array(out, GIRIH_F32, 2, rows);
  CHECK_OK(girih_add(&first, &second, &result, NULL));
  for (int i = 0; i < 91; ++i)
    CHECK(out[i] == a[i] + b[i % 13]);

  result.flags = GIRIH_ARRAY_READ_ONLY;
  CHECK_FAILS(girih_add(&first, &second, &result, NULL), GIRIH_RUNTIME_ERROR,
              "argument");
  result.flags = 0;
  result.dtype = GIRIH_I32;
  CHECK_FAILS(girih_add(&first, &second, &result, NULL), GIRIH_RUNTIME_ERROR,
              "dtype");
  CHECK_FAILS(girih_add(&first, NULL, &result, NULL), GIRIH_RUNTIME_ERROR,
              "argument");
}

static void test_matmul_kernel(void) {
  enum { M = 33, N = 17, K = 20 };
  const int64_t as[] = {M, K}, bs[] = {K, N}, cs[] = {M, N};
  const int64_t transposed[] = {1, K};
  double a[M * K], b[K * N], c[M * N];
  for (int i = 0; i < M * K; ++i)
    a[i] = rand() % 64 - 32;
  for (int i = 0; i < K * N; ++i)
    b[i] = rand() % 64 - 32;
  memset(c, 0xff, sizeof(c));
  girih_array arrays[3] = {host_array(a, GIRIH_F64, 2, as),
                           host_array(b, GIRIH_F64, 2, bs),
                           host_array(c, GIRIH_F64, 2, cs)};
  arrays[1].strides = transposed; /* b[k, n] is at n * K + k */

  girih_kernel *kernel = NULL;
  CHECK_OK(girih_kernel_find("matmul", &kernel));
  CHECK(girih_kernel_arity(kernel) == 3);
  CHECK(strcmp(girih_kernel_name(kernel), "matmul") == 0);
  CHECK_OK(girih_kernel_launch(kernel, arrays, 3, NULL));
  for (int m = 0; m < M; ++m)
    for (int n = 0; n < N; ++n) {
      double sum = 0;
      for (int k = 0; k < K; ++k)
        sum += a[m * K + k] * b[n * K + k];
      CHECK(c[m * N + n] == sum);
    }

  girih_launch_options options = {sizeof(options), NULL, "BM=oops"};
  CHECK_FAILS(girih_kernel_launch(kernel, arrays, 3, &options),
              GIRIH_COMPILE_ERROR, "config");
  CHECK_FAILS(girih_kernel_launch(kernel, arrays, 2, NULL), GIRIH_RUNTIME_ERROR,
              "count");
  options.size = 3;
  CHECK_FAILS(girih_kernel_launch(kernel, arrays, 3, &options),
              GIRIH_RUNTIME_ERROR, "argument");

  char *text = NULL;
  CHECK_OK(girih_kernel_default_config(kernel, arrays, 3, &text));
  CHECK(text && strstr(text, "BM=") != NULL);
  girih_text_free(text);
  CHECK_OK(girih_kernel_prepare(kernel, arrays, 3, NULL, &text));
  CHECK(text && text[0] == '{' && strstr(text, "\"config\"") != NULL);
  girih_text_free(text);

  /* A Program is text: it goes away and comes back. */
  girih_program *program = NULL;
  CHECK_OK(girih_kernel_program(kernel, arrays, 3, NULL, &text));
  CHECK_OK(girih_program_parse(text, &program));
  memset(c, 0xff, sizeof(c));
  CHECK_OK(girih_program_launch(program, arrays, 3, NULL));
  double first = 0;
  for (int k = 0; k < K; ++k)
    first += a[k] * b[k];
  CHECK(c[0] == first);
  arrays[0].dtype = GIRIH_I64;
  CHECK_FAILS(girih_program_launch(program, arrays, 3, NULL),
              GIRIH_RUNTIME_ERROR, "dtype");
  girih_program_free(program);
  girih_text_free(text);
  CHECK(girih_program_parse("nonsense", &program) == GIRIH_COMPILE_ERROR);
  girih_kernel_free(kernel);

  CHECK_FAILS(girih_kernel_find("no such", &kernel), GIRIH_RUNTIME_ERROR,
              "argument");
  CHECK(strstr(girih_last_error(), "matmul") != NULL); /* lists what there is */
}

static void test_inspect(void) {
  const int64_t shape[] = {1 << 20};
  girih_array arrays[3] = {host_array(NULL, GIRIH_BF16, 1, shape),
                           host_array(NULL, GIRIH_BF16, 1, shape),
                           host_array(NULL, GIRIH_BF16, 1, shape)};
  girih_kernel *kernel = NULL;
  char *text = NULL;
  girih_inspect_options options = {sizeof(options), "ptx", "sm_90a", NULL};
  CHECK_OK(girih_kernel_find("add", &kernel));
  CHECK_OK(girih_kernel_inspect(kernel, arrays, 3, &options, &text));
  CHECK(text && strstr(text, ".target sm_90a") != NULL);
  girih_text_free(text);
  options.stage = "tile";
  CHECK_OK(girih_kernel_inspect(kernel, arrays, 3, &options, &text));
  CHECK(text && strstr(text, "tile.load") != NULL);
  girih_text_free(text);
  options.stage = "soup";
  CHECK_FAILS(girih_kernel_inspect(kernel, arrays, 3, &options, &text),
              GIRIH_RUNTIME_ERROR, "argument");
  options.stage = "ptx";
  options.arch = "sm_11";
  CHECK_FAILS(girih_kernel_inspect(kernel, arrays, 3, &options, &text),
              GIRIH_COMPILE_ERROR, "unsupported-arch");
  girih_kernel_free(kernel);
}

int main(void) {
  srand(20261120);
  test_versions();
  test_dtypes();
  test_devices();
  test_buffers();
  test_add();
  test_matmul_kernel();
  test_inspect();
  test_plan();
  test_bad_plans();
  test_bad_programs();
  test_caller();
  test_negated();
  test_dlpack();
  printf("%d failures\n", failures);
  return failures ? 1 : 0;
}
