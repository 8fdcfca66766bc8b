// SPDX-License-Identifier: Apache-2.0
// The C interface to Programs given as text.
#include "girih/ops/capi/conversions.h"
#include "girih/ops/capi/failures.h"
#include "girih/ops/capi/girih_c.h"
#include "girih/ops/capi/program_handle.h"

using namespace girih;
using capi::guarded;
using capi::require;

extern "C" {

girih_status girih_program_parse(const char *text, girih_program **out) {
  return guarded([&] {
    require(text, "girih_program_parse: text");
    require(out, "girih_program_parse: out");
    const Program program = parse_program(text);
    *out = new girih_program{program, Kernel(program)};
  });
}

void girih_program_free(girih_program *program) { delete program; }

girih_status girih_program_text(const girih_program *program, char **text) {
  return guarded([&] {
    require(program, "girih_program_text: program");
    require(text, "girih_program_text: text");
    *text = capi::new_text(program->program.to_string());
  });
}

girih_status girih_program_hash(const girih_program *program, char **text) {
  return guarded([&] {
    require(program, "girih_program_hash: program");
    require(text, "girih_program_hash: text");
    *text = capi::new_text(program->program.hash());
  });
}

girih_status girih_program_kernel(const girih_program *program,
                                  girih_kernel **out) {
  return guarded([&] {
    require(program, "girih_program_kernel: program");
    require(out, "girih_program_kernel: out");
    *out = new girih_kernel{program->kernel};
  });
}

girih_status girih_program_launch(const girih_program *program,
                                  const girih_array *arrays, int32_t count,
                                  const girih_launch_options *options) {
  return guarded([&] {
    require(program, "girih_program_launch: program");
    const std::vector<Array> given = capi::arrays_of(arrays, count);
    program->kernel.launch(given,
                           capi::options_of(options, given.empty()
                                                         ? host_device
                                                         : given[0].device()),
                           capi::no_line);
  });
}

} // extern "C"
