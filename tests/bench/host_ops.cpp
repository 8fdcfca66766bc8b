// SPDX-License-Identifier: Apache-2.0
// Operators on the host that memory limits, against hand-written loops that
// read and write as much. A ratio of 1 is all that the memory gives. Arguments
// name the operators to run.
#include "host_ceiling.h"
#include "report.h"

#include "girih/ops/ops.h"
#include "girih/runtime/host/parallel.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <span>
#include <string_view>

namespace girih::bench {
namespace {

constexpr std::int64_t rows = 16384, length = 4096;

// Loops over the memory of whole arrays.
class Loops {
public:
  void copy(const Array &from, const Array &to) const {
    two_reads_one_write(from.data(), from.data(), to.data(), bytes(from),
                        threads);
  }
  void combine(const Array &a, const Array &b, const Array &to) const {
    two_reads_one_write(a.data(), b.data(), to.data(), bytes(a), threads);
  }
  void read(const Array &from) {
    sink = read_all(from.data(), bytes(from), threads, 4);
  }

private:
  static std::size_t bytes(const Array &array) {
    return static_cast<std::size_t>(array.nbytes());
  }
  int threads = host_threads();
  volatile unsigned long long sink = 0;
};

class Bench {
public:
  Bench(DType dtype, std::span<char *const> names)
      : dtype_(dtype), names_(names),
        a_(random_array({rows, length}, dtype, host_device, 1)),
        b_(random_array({rows, length}, dtype, host_device, 2)),
        out_(random_array({rows, length}, dtype, host_device, 3)),
        other_(random_array({rows, length}, dtype, host_device, 4)),
        weight_(random_array({length}, dtype, host_device, 5)) {}

  void run() {
    one_to_one();
    two_to_one();
    reductions();
    normalisation();
    rows_by_number();
  }

private:
  void line(const std::string &name, double moved,
            const std::function<void()> &ours,
            const std::function<void()> &loops) {
    if (!names_.empty() &&
        std::ranges::find(names_, name, [](const char *each) {
          return std::string_view(each);
        }) == names_.end())
      return;
    const HostTimings timings = time_host(ours, loops);
    print_line(name, fmt::format("{}x{} {}", rows, length, girih::name(dtype_)),
               timings.ours, moved * static_cast<double>(a_.nbytes()), "GB/s",
               {"loops", timings.peer.median});
  }
  void unary(const std::string &name, const std::function<void()> &ours) {
    line(name, 2, ours, [&] { loops_.copy(a_, out_); });
  }
  void reading(const std::string &name, const std::function<void()> &ours) {
    line(name, 1, ours, [&] { loops_.read(a_); });
  }

  void one_to_one() {
    unary("neg", [&] { ops::neg_out(a_, out_); });
    unary("exp", [&] { ops::exp_out(a_, out_); });
    unary("silu", [&] { ops::silu_out(a_, out_); });
    unary("gelu", [&] { ops::gelu_out(a_, out_); });
    unary("add row", [&] { ops::add_out(a_, weight_, out_); });
  }
  void two_to_one() {
    const auto loops = [&] { loops_.combine(a_, b_, out_); };
    line("mul", 3, [&] { ops::mul_out(a_, b_, out_); }, loops);
    line("swiglu", 3, [&] { ops::swiglu_out(a_, b_, out_); }, loops);
  }
  void reductions() {
    const Array sums = Array::empty({rows}, dtype_, host_device),
                columns = Array::empty({length}, dtype_, host_device),
                places = Array::empty({rows}, i64, host_device);
    reading("sum rows", [&] { ops::sum_out(a_, sums, {-1}); });
    reading("sum columns", [&] { ops::sum_out(a_, columns, {0}); });
    reading("argmax rows", [&] { ops::argmax_out(a_, places, -1); });
    Array targets = Array::zeros({rows}, i64, host_device);
    reading("cross_entropy", [&] { ops::cross_entropy(a_, targets); });
  }
  void normalisation() {
    unary("softmax", [&] { ops::softmax_out(a_, out_, -1); });
    unary("rms_norm", [&] { ops::rms_norm_out(a_, {length}, out_, weight_); });
    unary("layer_norm",
          [&] { ops::layer_norm_out(a_, {length}, out_, weight_, weight_); });
    line(
        "fused_add_rms_norm", 4,
        [&] { ops::fused_add_rms_norm_out(a_, b_, out_, other_, weight_); },
        [&] {
          loops_.copy(a_, out_);
          loops_.copy(b_, other_);
        });
  }
  // Every row once, in an order without pattern.
  void rows_by_number() {
    std::vector<double> numbers(static_cast<std::size_t>(rows));
    for (std::size_t i = 0; i < numbers.size(); ++i)
      numbers[i] = static_cast<double>(i * 7919 % numbers.size());
    const Array ids = Array::from(numbers, {rows}, i64, host_device);
    unary("embedding", [&] { ops::embedding_out(ids, a_, out_); });
  }

  DType dtype_;
  std::span<char *const> names_;
  Array a_, b_, out_, other_, weight_;
  Loops loops_;
};

} // namespace
} // namespace girih::bench

int main(int argc, char **argv) try {
  using namespace girih;
  bench::print_machine(host_device);
  const std::span names(argv + 1, static_cast<std::size_t>(argc - 1));
  for (DType dtype : {f32, bf16})
    bench::Bench(dtype, names).run();
  return 0;
} catch (const std::exception &error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
