/* SPDX-License-Identifier: Apache-2.0 */
/* Checks for a test in C: failures are counted, and printed with their line. */
#ifndef GIRIH_TESTS_CAPI_CHECK_H
#define GIRIH_TESTS_CAPI_CHECK_H

#include "girih/ops/capi/girih_c.h"

#include <stdio.h>
#include <string.h>

extern int failures;

#define CHECK(condition)                                                       \
  do {                                                                         \
    if (!(condition)) {                                                        \
      ++failures;                                                              \
      printf("%s:%d: failed: %s (last error: %s)\n", __FILE__, __LINE__,       \
             #condition, girih_last_error());                                  \
    }                                                                          \
  } while (0)

#define CHECK_OK(call) CHECK((call) == GIRIH_OK)

/* The call fails with that status and that id. */
#define CHECK_FAILS(call, status, id)                                          \
  do {                                                                         \
    CHECK((call) == (status));                                                 \
    CHECK(strcmp(girih_last_error_id(), (id)) == 0);                           \
    CHECK(strstr(girih_last_error(), "[" id "]") != NULL);                     \
  } while (0)

girih_array host_array(void *data, int32_t dtype, int32_t rank,
                       const int64_t *shape);

/* calls_test.c */
void test_plan(void);
void test_bad_plans(void);
void test_bad_programs(void);
void test_caller(void);
void test_negated(void);
void test_dlpack(void);

#endif
