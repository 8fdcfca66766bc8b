// SPDX-License-Identifier: Apache-2.0
// The lessons' kernels on the host against plain loops, compiled by g++ -O3
// -march=native and run on as many threads; attention also against OpenBLAS's
// products with the loops' softmax between them.
#include "host_ceiling.h"
#include "host_loops.h"
#include "report.h"

#include "girih/examples/lessons/conv2d.h"
#include "girih/examples/lessons/dropout.h"
#include "girih/examples/lessons/flash_attention.h"
#include "girih/examples/lessons/layer_norm.h"
#include "girih/examples/lessons/max_pool2d.h"
#include "girih/examples/lessons/softmax.h"
#include "girih/runtime/host/parallel.h"

#include <fmt/format.h>

#include <cmath>
#include <exception>
#include <thread>

namespace girih::bench {
namespace {

using loops::Range;

int threads() { return host_threads(); }

// `body` on equal ranges of [0, count), one a thread.
void split(std::int64_t count, const std::function<void(Range)> &body) {
  const std::int64_t parts = threads();
  std::vector<std::thread> others;
  for (std::int64_t part = 1; part < parts; ++part)
    others.emplace_back([&, part] {
      body({count * part / parts, count * (part + 1) / parts});
    });
  body({0, count / parts});
  for (std::thread &other : others)
    other.join();
}

float *floats(const Array &array) { return static_cast<float *>(array.data()); }

// Largest difference between two f32 arrays; what is measured must be right.
void expect_near(const char *what, const Array &ours, const Array &peer,
                 float tolerance) {
  for (std::int64_t i = 0; i < ours.numel(); ++i)
    if (!(std::abs(floats(ours)[i] - floats(peer)[i]) <= tolerance))
      throw std::runtime_error(fmt::format("{}: element {} is {}, not {}", what,
                                           i, floats(ours)[i],
                                           floats(peer)[i]));
}

struct Lesson {
  const char *name;
  std::string shape;
  double work;
  const char *unit;
  float tolerance;
};

void compare(const Lesson &lesson, const Array &ours, const Array &theirs,
             const std::function<void()> &kernel,
             const std::function<void()> &peer, const char *peer_name) {
  const HostTimings timings = time_host(kernel, peer);
  expect_near(lesson.name, ours, theirs, lesson.tolerance);
  print_line(lesson.name, lesson.shape, timings.ours, lesson.work, lesson.unit,
             {peer_name, timings.peer.median});
}

void run_rows(std::int64_t m, std::int64_t n) {
  const Array x = random_array({m, n}, f32, host_device, 1);
  const Array weight = random_array({n}, f32, host_device, 2);
  const Array bias = random_array({n}, f32, host_device, 3);
  const Array y = Array::empty({m, n}, f32, host_device);
  const Array z = Array::empty({m, n}, f32, host_device);
  const std::string shape = fmt::format("{}x{} f32", m, n);
  const double bytes = 8 * static_cast<double>(m * n);
  const Kernel softmax = lessons::softmax();
  compare(
      {"softmax", shape, bytes, "GB/s", 1e-6f}, y, z, [&] { softmax(x, y); },
      [&] {
        split(m, [&](Range rows) {
          loops::softmax(floats(x), floats(z), n, rows);
        });
      },
      "loops");
  const Kernel layer_norm = lessons::layer_norm();
  compare(
      {"layer_norm", shape, bytes, "GB/s", 1e-3f}, y, z,
      [&] { layer_norm(x, weight, bias, y); },
      [&] {
        split(m, [&](Range rows) {
          loops::layer_norm(floats(x), floats(weight), floats(bias), floats(z),
                            n, rows);
        });
      },
      "loops");
  const Kernel rms_norm = lessons::rms_norm();
  compare(
      {"rms_norm", shape, bytes, "GB/s", 1e-3f}, y, z,
      [&] { rms_norm(x, weight, y); },
      [&] {
        split(m, [&](Range rows) {
          loops::rms_norm(floats(x), floats(weight), floats(z), n, rows);
        });
      },
      "loops");
}

void run_pool(std::int64_t planes, std::int64_t side, int window, int stride) {
  const std::int64_t out = (side - window) / stride + 1;
  const Array x = random_array({1, planes, side, side}, f32, host_device, 1);
  const Array y = Array::empty({1, planes, out, out}, f32, host_device);
  const Array z = Array::empty({1, planes, out, out}, f32, host_device);
  const Kernel pool = lessons::max_pool2d(window, stride);
  compare(
      {"max_pool2d", fmt::format("{}x{}x{} f32", planes, side, side),
       4 * static_cast<double>(planes * (side * side + out * out)), "GB/s", 0},
      y, z, [&] { pool(x, y); },
      [&] {
        split(planes, [&](Range range) {
          loops::max_pool2d(floats(x), floats(z), side, side, window, stride,
                            range);
        });
      },
      "loops");
}

void run_conv(std::int64_t n, std::int64_t side, std::int64_t c,
              std::int64_t k) {
  const std::int64_t r = 3, out = side - r + 1;
  const Array x = random_array({n, side, side, c}, f32, host_device, 1);
  const Array weight = random_array({k, r, r, c}, f32, host_device, 2);
  // The loops read the filters in the order that suits them.
  const Array filters =
      weight.transpose(0, 1).transpose(1, 2).transpose(2, 3).to(host_device);
  const Array y = Array::empty({n, out, out, k}, f32, host_device);
  const Array z = Array::empty({n, out, out, k}, f32, host_device);
  const Kernel conv2d = lessons::conv2d();
  compare(
      {"conv2d", fmt::format("{}x{}x{}x{} {}x3x3 f32", n, side, side, c, k),
       2 * static_cast<double>(n * out * out * k * r * r * c), "GFLOP/s",
       1e-2f},
      y, z, [&] { conv2d(x, weight, y); },
      [&] {
        split(n, [&](Range images) {
          loops::conv2d(floats(x), floats(filters), floats(z),
                        {side, side, c, k, r, r}, images);
        });
      },
      "loops");
}

void run_dropout(std::int64_t size) {
  const Array x = random_array({size}, f32, host_device, 1);
  const Array y = Array::empty({size}, f32, host_device);
  const Array z = Array::empty({size}, f32, host_device);
  const double seed_value[] = {20261125}, p_value[] = {0.3};
  const Array seed = Array::from(seed_value, {}, i64, host_device);
  const Array p = Array::from(p_value, {}, f32, host_device);
  const Kernel dropout = lessons::dropout();
  compare(
      {"dropout", fmt::format("{} f32", size), 8 * static_cast<double>(size),
       "GB/s", 1e-6f},
      y, z, [&] { dropout(x, seed, p, y); },
      [&] {
        split(size, [&](Range range) {
          loops::dropout(floats(x), floats(z), 20261125, 0.3f, range);
        });
      },
      "loops");
}

// Softmax of scaled scores, between OpenBLAS's two products.
void blas_attention(const OpenBlas &blas, const float *q, const float *k,
                    const float *v, float *o, std::int64_t m, std::int64_t n,
                    std::int64_t d, std::vector<float> &scores) {
  const float scale = 1 / std::sqrt(static_cast<float>(d));
  scores.resize(static_cast<std::size_t>(m * n));
  blas.sgemm(static_cast<int>(m), static_cast<int>(n), static_cast<int>(d), q,
             k, scores.data(), threads());
  split(m, [&](Range rows) {
    for (std::int64_t i = rows.begin * n; i < rows.end * n; ++i)
      scores[static_cast<std::size_t>(i)] *= scale;
    loops::softmax(scores.data(), scores.data(), n, rows);
  });
  blas.sgemm(static_cast<int>(m), static_cast<int>(d), static_cast<int>(n),
             scores.data(), v, o, threads());
}

void run_attention(std::int64_t heads, std::int64_t n, std::int64_t d,
                   const OpenBlas &blas) {
  const Array q = random_array({1, heads, n, d}, f32, host_device, 1);
  const Array k = random_array({1, heads, n, d}, f32, host_device, 2);
  const Array v = random_array({1, heads, n, d}, f32, host_device, 3);
  const Array transposed = k.transpose(2, 3).to(host_device);
  const Array o = Array::empty({1, heads, n, d}, f32, host_device);
  const Array z = Array::empty({1, heads, n, d}, f32, host_device);
  const Kernel attention = lessons::flash_attention(false);
  const Lesson lesson{
      "flash_attention", fmt::format("{}x{}x{} f32", heads, n, d),
      4 * static_cast<double>(heads * n * n * d), "GFLOP/s", 1e-4f};
  auto each_head = [&](const std::function<void(std::int64_t)> &body) {
    for (std::int64_t head = 0; head < heads; ++head)
      body(head * n * d);
  };
  compare(
      lesson, o, z, [&] { attention(q, k, v, o); },
      [&] {
        each_head([&](std::int64_t at) {
          split(n, [&](Range rows) {
            std::vector<float> scores(static_cast<std::size_t>(n));
            loops::attention(floats(q) + at, floats(transposed) + at,
                             floats(v) + at, floats(z) + at, n, d,
                             scores.data(), rows);
          });
        });
      },
      "loops");
  if (*blas.missing())
    return;
  std::vector<float> scores;
  compare(
      lesson, o, z, [&] { attention(q, k, v, o); },
      [&] {
        each_head([&](std::int64_t at) {
          blas_attention(blas, floats(q) + at, floats(transposed) + at,
                         floats(v) + at, floats(z) + at, n, n, d, scores);
        });
      },
      "OpenBLAS + loops");
}

} // namespace
} // namespace girih::bench

int main(int, char **) try {
  using namespace girih;
  bench::print_machine(host_device);
  const bench::OpenBlas blas;
  bench::run_rows(4096, 4096);
  bench::run_rows(2000, 1000);
  bench::run_pool(64, 112, 3, 2);
  bench::run_conv(4, 58, 64, 64);
  bench::run_dropout(1 << 24);
  bench::run_attention(4, 1024, 64, blas);
  return 0;
} catch (const std::exception &error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
