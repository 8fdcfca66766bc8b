// SPDX-License-Identifier: Apache-2.0
// Calls of Kernels: what is checked, what is recorded and compiled anew, and
// what reaches the device. The toolchain is a fake, so that only the runtime is
// under test.
#include "error_text.h"
#include "fake_driver.h"
#include "fake_toolchain.h"
#include "test_kernels.h"

#include "girih/runtime/failure.h"
#include "girih/runtime/launch/plan.h"
#include "girih/runtime/launch/specialise.h"

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <mutex>
#include <thread>

namespace girih {
namespace {

using testing::add_config;
using testing::add_entry;
using testing::error_of;
using testing::FakeDevice;
using testing::FakeDriver;
using testing::FakeToolchain;
using testing::has;
using testing::make_add;
using testing::ScopedEnv;
using Values = std::vector<double>;

Array host(Values values) {
  const auto count = static_cast<std::int64_t>(values.size());
  return Array::from(values, {count}, f32, host_device);
}

Array host_empty(std::int64_t count) {
  Array array = Array::empty({count}, f32, host_device);
  array.fill_bytes(0xff);
  return array;
}

void call(const Kernel &kernel, std::vector<Array> arrays,
          LaunchOptions options = {add_config(), {}}) {
  kernel.launch(arrays, options);
}

TEST(Launch, RunsOnTheHost) {
  FakeToolchain toolchain(add_entry);
  const Kernel add = make_add();
  for (std::int64_t count : {1, 3, 4, 5, 127}) {
    Values left, right, sum;
    for (std::int64_t at = 0; at < count; ++at) {
      left.push_back(static_cast<double>(at));
      right.push_back(static_cast<double>(100 * at));
      sum.push_back(static_cast<double>(101 * at));
    }
    const Array c = host_empty(count);
    call(add, {host(left), host(right), c});
    EXPECT_EQ(c.to_vector(), sum) << count;
  }
}

TEST(Launch, StridedAndBackwardOperands) {
  FakeToolchain toolchain(add_entry);
  const Kernel add = make_add();
  const Array a = host({1, -1, 2, -1, 3, -1, 4, -1}).slice(0, 0, 8, 2);
  const Array b = host({40, 30, 20, 10});
  const Array c = host_empty(4);
  const Array backward(static_cast<float *>(b.data()) + 3, {4}, f32,
                       host_device, {-1});
  call(add, {a, backward, c});
  EXPECT_EQ(c.to_vector(), (Values{11, 22, 33, 44}));
}

TEST(Launch, EmptyArraysReturnEarly) {
  FakeToolchain toolchain(add_entry);
  const Kernel add = make_add();
  const Array none = Array::empty({0}, f32, host_device);
  call(add, {none, none, none});
  EXPECT_EQ(toolchain.compiles, 0);
  const Array c = host_empty(1);
  call(add, {host({1}), host({2}), c});
  EXPECT_EQ(c.to_vector(), Values{3});
}

TEST(LaunchErrors, Count) {
  const Kernel add = make_add();
  const std::string text =
      error_of(ErrorId::count, [&] { call(add, {host({1}), host({2})}); });
  EXPECT_TRUE(has(text, "kernel add takes 3 arrays but got 2"));
  EXPECT_TRUE(has(text, "launch_test.cpp:")) << text;
}

TEST(LaunchErrors, NullArray) {
  const Kernel add = make_add();
  const std::string text = error_of(ErrorId::null_pointer, [&] {
    call(add, {host({1}), Array(), host_empty(1)});
  });
  EXPECT_TRUE(has(text, "operand b is an Array without memory"));
}

TEST(LaunchErrors, Rank) {
  FakeToolchain toolchain(add_entry);
  const Kernel add = make_add();
  const Array square = Array::zeros({2, 2}, f32, host_device);
  const std::string text = error_of(ErrorId::rank_mismatch, [&] {
    call(add, {host({1}), square, host_empty(1)});
  });
  EXPECT_TRUE(has(text, "kernels.h:")) << text;
  EXPECT_TRUE(has(text, "in this call of kernel add")) << text;
}

TEST(LaunchErrors, DevicesDiffer) {
  FakeDriver driver;
  FakeToolchain toolchain(add_entry);
  const Kernel add = make_add();
  const std::string text = error_of(ErrorId::device, [&] {
    call(add, {host({1}), host({2}), Array::zeros({1}, f32, cuda_device())});
  });
  EXPECT_TRUE(has(text, "operand c is on cuda:0, but a is on host")) << text;
}

TEST(LaunchErrors, StreamOfAnotherDevice) {
  FakeDriver driver({FakeDevice{}, FakeDevice{}});
  FakeToolchain toolchain(add_entry);
  const Kernel add = make_add();
  const Array x = Array::zeros({4}, f32, cuda_device(0));
  const Array y = Array::zeros({4}, f32, cuda_device(0));
  const Array z = Array::zeros({4}, f32, cuda_device(0));
  const std::string text = error_of(ErrorId::device, [&] {
    call(add, {x, y, z}, {add_config(), Stream::create(cuda_device(1))});
  });
  EXPECT_TRUE(has(text, "the stream is of cuda:1")) << text;
}

TEST(LaunchErrors, OutputOverlapsInput) {
  FakeToolchain toolchain(add_entry);
  const Kernel add = make_add();
  const Array memory = host({1, 2, 3, 4, 5, 6, 7, 8});
  const Array low = memory.slice(0, 0, 4), high = memory.slice(0, 3, 7);
  const std::string text = error_of(
      ErrorId::overlap, [&] { call(add, {low, host({1, 2, 3, 4}), high}); });
  EXPECT_TRUE(has(text, "output c shares memory with operand a")) << text;
  EXPECT_TRUE(has(text, "help:"));
  error_of(ErrorId::overlap, [&] { call(add, {low, low, low}); });
  // Also on the fast path, with the same shapes as a good call before.
  const Array apart = memory.slice(0, 4, 8);
  call(add, {low, host({1, 2, 3, 4}), apart});
  EXPECT_EQ(apart.to_vector(), (Values{2, 4, 6, 8}));
  for (int round = 0; round < 3; ++round)
    error_of(ErrorId::overlap,
             [&] { call(add, {low, host({1, 2, 3, 4}), low}); });
}

TEST(LaunchErrors, OutputsOverlapEachOther) {
  FakeToolchain toolchain(add_entry);
  const Kernel both = make(
      "both",
      [](Tensor a, Tensor b, Tensor c) {
        auto size = block_size("BLOCK");
        return arranged(a.tile({size}), b.tile({size}), c.tile({size}));
      },
      [](In a, Out b, Out c) {
        b = a + 1;
        c = a + 2;
      });
  const Array memory = host_empty(8);
  const std::string text = error_of(ErrorId::overlap, [&] {
    call(both,
         {host({1, 2, 3, 4}), memory.slice(0, 0, 4), memory.slice(0, 3, 7)});
  });
  EXPECT_TRUE(has(text, "output b shares memory with operand c")) << text;
}

TEST(Launch, InterleavedOutputIsNoOverlap) {
  FakeToolchain toolchain(add_entry);
  const Kernel add = make_add();
  const Array memory = host({1, 0, 2, 0, 3, 0, 4, 0});
  call(add, {memory.slice(0, 0, 8, 2), host({1, 1, 1, 1}),
             memory.slice(0, 1, 8, 2)});
  EXPECT_EQ(memory.to_vector(), (Values{1, 2, 2, 3, 3, 4, 4, 5}));
}

TEST(LaunchErrors, OutputOverlapsItself) {
  FakeToolchain toolchain(add_entry);
  const Kernel add = make_add();
  const std::int64_t shape[] = {4};
  const Array broadcast = host_empty(1).broadcast_to(shape);
  const std::string text = error_of(ErrorId::stride, [&] {
    call(add, {host({1, 2, 3, 4}), host({1, 2, 3, 4}), broadcast});
  });
  EXPECT_TRUE(has(text, "operand c is written, but elements of f32[4]"))
      << text;
  // As an input it is welcome.
  const Array c = host_empty(4);
  host({5}).to(host_device);
  call(add, {host({5}).broadcast_to(shape), host({1, 2, 3, 4}), c});
  EXPECT_EQ(c.to_vector(), (Values{6, 7, 8, 9}));
}

TEST(LaunchErrors, FourBitElementsFillBytes) {
  const auto arrangement = [](Tensor a, Tensor c) {
    return arranged(a.tile({2, 8}), c.tile({2, 8}));
  };
  const Kernel copy =
      make("copy", arrangement, [](In a, Out c) { c = cast(a, u4); });
  const auto zeros = [](std::initializer_list<std::int64_t> shape) {
    return Array::zeros(shape, u4, host_device);
  };
  const auto refuse = [&](ErrorId id, const Array &a, const Array &c,
                          const std::string &part) {
    const std::string text = error_of(id, [&] { call(copy, {a, c}, {}); });
    EXPECT_TRUE(has(text, part)) << text;
  };
  refuse(ErrorId::stride, zeros({8, 4}).transpose(0, 1), zeros({4, 8}),
         "operand a is u4[4, 8] on host with strides [1, 4]: 4-bit elements of "
         "the last dimension must follow one another");
  refuse(ErrorId::stride, zeros({4, 7}), zeros({4, 8}),
         "rows of 4-bit elements must begin at whole bytes");
  refuse(ErrorId::size, zeros({1, 7}), zeros({1, 7}),
         "operand b is u4[1, 7] on host with strides [7, 1]: written 4-bit "
         "elements fill whole bytes");
}

// The parameters hold their strides in bytes, but for the last.
TEST(Launch, StridesOfFourBitElements) {
  const Array array = Array::zeros({6, 4, 10}, i4, host_device);
  const Array *arrays[] = {&array};
  CallWords words(arrays, nullptr);
  words.become_parameters(arrays);
  const auto found = words.words();
  EXPECT_EQ(std::vector(found.begin() + 1, found.end()),
            (std::vector<std::int64_t>{6, 4, 10, 20, 5, 1}));
}

TEST(LaunchErrors, GridsDiffer) {
  FakeToolchain toolchain(add_entry);
  const Kernel add = make_add();
  const std::string text = error_of(ErrorId::shape, [&] {
    call(add, {host({1, 2, 3, 4, 5}), host({1, 2, 3, 4}), host_empty(5)});
  });
  EXPECT_TRUE(has(text, "launch_test.cpp:")) << text;
  EXPECT_EQ(toolchain.compiles, 0);
}

TEST(LaunchErrors, TooManyPrograms) {
  FakeToolchain toolchain(add_entry);
  const Kernel add = make_add();
  // Never touched, so one address serves for all of it.
  float word = 0;
  const std::int64_t many = std::int64_t{1} << 40;
  const Array in(&word, {many}, f32, host_device, {0});
  Array c(&word + 1, {many}, f32, host_device, {1});
  const std::string text =
      error_of(ErrorId::size, [&] { call(add, {in, in, c}); });
  EXPECT_TRUE(has(text, "more than 2^31 - 1 programs")) << text;
}

TEST(LaunchErrors, NoDriver) {
  cuda::DriverLookup none;
  none.reason = "no CUDA driver: not installed";
  const cuda::ScopedDriver scope(none);
  FakeToolchain toolchain(add_entry);
  const Kernel add = make_add();
  float word[3]{};
  const Array a(word, {1}, f32, cuda_device()),
      b(word + 1, {1}, f32, cuda_device()),
      c(word + 2, {1}, f32, cuda_device());
  const std::string text =
      error_of(ErrorId::driver, [&] { call(add, {a, b, c}); });
  EXPECT_TRUE(has(text, none.reason));
}

TEST(LaunchErrors, UnsupportedArch) {
  FakeDriver driver({FakeDevice{75}});
  FakeToolchain toolchain(add_entry);
  const Kernel add = make_add();
  const Array a = Array::zeros({1}, f32), b = Array::zeros({1}, f32),
              c = Array::zeros({1}, f32);
  error_of(ErrorId::unsupported_arch, [&] { call(add, {a, b, c}); });
}

TEST(Launch, Index32) {
  float word = 0;
  const auto fits = [&](std::initializer_list<std::int64_t> shape,
                        std::initializer_list<std::int64_t> strides) {
    const Array array(&word, shape, f32, host_device, strides);
    const Array *const pointer = &array;
    return fits_index32({&pointer, 1});
  };
  const std::int64_t big = (std::int64_t{1} << 31) - 1;
  EXPECT_TRUE(fits({1000, 1000}, {1000, 1}));
  EXPECT_TRUE(fits({0, 1000}, {1000, 1}));
  EXPECT_FALSE(fits({big}, {1}));
  EXPECT_TRUE(fits({2000000000}, {1}));
  EXPECT_FALSE(fits({2000000000}, {2}));
  EXPECT_FALSE(fits({2000000000}, {-2}));
  EXPECT_FALSE(fits({65536, 65536}, {0, 0}));
  EXPECT_FALSE(fits({2, 2}, {big, 1}));
  EXPECT_FALSE(fits({1}, {big}));
}

TEST(Launch, LargeOperandsGet64BitIndices) {
  FakeToolchain toolchain(add_entry);
  const Kernel add = make_add();
  float word = 0;
  const Array far(&word, {std::int64_t{1} << 33}, f32, host_device, {0});
  const Array out(&word + 1, {std::int64_t{1} << 33}, f32, host_device, {1});
  const std::vector<Array> large{far, far, out};
  EXPECT_FALSE(add.program(large, {add_config(1024), {}}).index32);
  const std::vector<Array> small{host({1}), host({2}), host_empty(1)};
  EXPECT_TRUE(add.program(small, {add_config(1024), {}}).index32);
}

TEST(LaunchErrors, ProgramRecordedForOtherArrays) {
  FakeToolchain toolchain(add_entry);
  const std::vector<Array> arrays{host_empty(16), host_empty(16),
                                  host_empty(16)};
  const Kernel recorded(make_add().program(arrays, {add_config(), {}}));
  const auto refuse = [&](ErrorId id, const Array &b, const char *part) {
    const std::string text =
        error_of(id, [&] { recorded(arrays[0], b, arrays[2]); });
    EXPECT_TRUE(has(text, part)) << text;
  };
  recorded(arrays[0], arrays[1], arrays[2]);
  refuse(ErrorId::dtype, Array::zeros({16}, f16, host_device),
         "operand b is f16[16] on host, but the Program was recorded for f32");
  refuse(ErrorId::rank, Array::zeros({4, 4}, f32, host_device),
         "recorded for rank 1");
  refuse(ErrorId::stride, host_empty(32).slice(0, 0, 32, 2),
         "the Program relies on");
  refuse(ErrorId::stride, host_empty(17).slice(0, 1, 17),
         "the Program relies on");
  refuse(ErrorId::stride, host_empty(15), "the Program relies on");
  // Strides of 16 were relied on.
  const Array memory = host_empty(256);
  const std::vector<Array> apart{memory.slice(0, 0, 256, 16), arrays[1],
                                 arrays[2]};
  const Kernel spread(make_add().program(apart, {add_config(), {}}));
  spread(apart[0], arrays[1], arrays[2]);
  error_of(ErrorId::stride,
           [&] { spread(memory.slice(0, 0, 128, 8), arrays[1], arrays[2]); });
  float word = 0;
  const std::int64_t many = std::int64_t{1} << 33;
  refuse(ErrorId::size, Array(&word, {many}, f32, host_device, {0}),
         "less than 2^31 elements");
  EXPECT_EQ(toolchain.compiles, 2);
}

TEST(Launch, ClassesDecideWhatIsCompiled) {
  FakeToolchain toolchain(add_entry);
  const Kernel add = make_add();
  const auto run = [&](std::int64_t count, std::int64_t offset = 0) {
    const Array a = host_empty(count + offset).slice(0, offset, count + offset);
    call(add, {a, host_empty(count), host_empty(count)});
    return toolchain.compiles.load();
  };
  EXPECT_EQ(run(16), 1);
  EXPECT_EQ(run(32), 1); // another size of the same class
  EXPECT_EQ(run(160), 1);
  EXPECT_EQ(run(17), 2); // not divisible by 16
  EXPECT_EQ(run(33), 2);
  EXPECT_EQ(run(32, 1), 3); // a not aligned
  EXPECT_EQ(run(48, 1), 3);
  EXPECT_EQ(run(32, 4), 3); // 16 bytes further: aligned again
  EXPECT_FALSE(classify(host_empty(34).slice(0, 2, 34)).aligned); // by 8 only
  EXPECT_EQ(classify(host_empty(24)).size_div16, 0u);
  // Rows of 8, 24, ... elements of at least 16 bits.
  EXPECT_EQ(classify(host_empty(24)).size_div8, 0u);
  const Array rows = Array::empty({3, 8, 24}, bf16, host_device);
  EXPECT_EQ(classify(rows).size_div8, 4u);
  EXPECT_EQ(classify(rows).stride_div8, 2u);
  EXPECT_EQ(classify(rows).stride_div16, 1u);
  EXPECT_EQ(classify(Array::empty({3, 24}, i8, host_device)).size_div8, 0u);
  EXPECT_EQ(toolchain.last_program.operands[0].known.aligned, false);
  EXPECT_EQ(toolchain.last_program.operands[1].known.aligned, true);
  EXPECT_EQ(toolchain.last_program.operands[1].known.size_div16, 1u);
  EXPECT_EQ(toolchain.last_program.operands[1].known.unit_stride, 1u);
  EXPECT_EQ(toolchain.last_program.operands[1].known.stride_div16, 0u);
  call(add, {host_empty(16), host_empty(16), host_empty(16)},
       {add_config(8), {}});
  EXPECT_EQ(toolchain.compiles, 4); // another Config
}

std::mutex log_mutex;
std::vector<std::string> logged;

TEST(Launch, LogSaysWhy) {
  FakeToolchain toolchain(add_entry);
  const ScopedEnv env("GIRIH_LOG", "compile");
  logged.clear();
  set_log_sink([](const std::string &line) {
    std::lock_guard lock(log_mutex);
    logged.push_back(line);
  });
  const Kernel add = make_add();
  call(add, {host_empty(16), host_empty(16), host_empty(16)});
  call(add, {host_empty(17), host_empty(17), host_empty(17)});
  call(add, {host_empty(17), host_empty(17), host_empty(17)},
       {add_config(8), {}});
  set_log_sink(nullptr);
  ASSERT_EQ(logged.size(), 3u);
  EXPECT_TRUE(has(logged[0], "add for host")) << logged[0];
  EXPECT_TRUE(has(logged[0], "first use")) << logged[0];
  EXPECT_TRUE(has(logged[1], "a: f32 rank 1 aligned unit={0} (was f32 rank 1 "
                             "aligned size%16={0} unit={0})"))
      << logged[1];
  EXPECT_TRUE(has(logged[2], "Config: BLOCK=8")) << logged[2];
}

TEST(Launch, ThreadsCompileOnce) {
  FakeToolchain toolchain(add_entry);
  toolchain.compile_milliseconds = 30;
  const Kernel add = make_add();
  std::atomic<int> good{0};
  {
    std::vector<std::jthread> threads;
    for (int at = 0; at < 8; ++at)
      threads.emplace_back([&] {
        for (int round = 1; round < 40; ++round) {
          const Array c = host_empty(round);
          const Array a = Array::zeros({round}, f32, host_device);
          call(add, {a, a, c});
          good += c.to_vector() == Values(static_cast<std::size_t>(round), 0);
        }
      });
  }
  EXPECT_EQ(good, 8 * 39);
  EXPECT_EQ(toolchain.compiles, 2); // divisible by 16, and not
}

TEST(Launch, CompileErrorsAreNotRemembered) {
  FakeToolchain toolchain(add_entry);
  Toolchain failing = current_toolchain();
  const auto good = failing.compile;
  int calls = 0;
  failing.compile = [&](const Program &program, const compiler::Target &target,
                        const compiler::Options &options) {
    if (++calls == 1)
      throw CompileError(ErrorId::unsupported, {}, {"not today", "try again"});
    return good(program, target, options);
  };
  FileSystem files;
  DiskCache disk("", 0, files);
  const ScopedToolchain scope(failing, disk);
  const Kernel add = make_add();
  const Array c = host_empty(1);
  error_of(ErrorId::unsupported, [&] { call(add, {host({1}), host({2}), c}); });
  call(add, {host({1}), host({2}), c});
  EXPECT_EQ(c.to_vector(), Values{3});
}

TEST(Launch, WorksAfterFork) {
  GIRIH_SKIP_IF_NO_THREADS_AFTER_FORK();
  FakeToolchain toolchain(add_entry);
  const Kernel add = make_add();
  call(add, {host({1}), host({2}), host_empty(1)});
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    const Array c = host_empty(17);
    const Array ones = host(Values(17, 1));
    call(add, {ones, ones, c});
    _exit(c.to_vector() == Values(17, 2) ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

Kernel make_scale() {
  return make(
      "scale",
      [](Tensor x, Tensor y) { return arranged(x.tile({4}), y.tile({4})); },
      [](In x, Out y) {
        if (constexpr_value<bool>("NEGATE", false))
          y = -x;
        else
          y = x * constexpr_value("SCALE");
      });
}

TEST(LaunchConstants, EachValueCompilesOnce) {
  FakeToolchain toolchain(
      [](const std::int64_t *, std::int64_t, std::int64_t, void *) {});
  const Kernel scale = make_scale();
  const Array x = host({1, 2, 3}), y = host_empty(3);
  for (int round = 0; round < 3; ++round)
    for (int factor : {2, 3})
      scale.with("SCALE", factor)(x, y);
  EXPECT_EQ(toolchain.compiles, 2);
  EXPECT_EQ(toolchain.last_program.constants.at("SCALE"), ConstantValue(3));
  // What is asked for anyway is the same Program.
  scale.with("SCALE", 2).with("NEGATE", false)(x, y);
  EXPECT_EQ(toolchain.compiles, 2);
  scale.with("NEGATE", true)(x, y);
  EXPECT_EQ(toolchain.compiles, 3);
  EXPECT_TRUE(scale.source().constants.empty());
}

TEST(LaunchConstants, MistakesNameTheCall) {
  FakeToolchain toolchain;
  const Kernel scale = make_scale();
  const Array x = host({1, 2, 3}), y = host_empty(3);
  const std::string missing =
      error_of(ErrorId::constexpr_missing, [&] { scale(x, y); });
  EXPECT_NE(missing.find("SCALE"), std::string::npos) << missing;
  EXPECT_NE(missing.find("in this call"), std::string::npos) << missing;
  error_of(ErrorId::constexpr_unknown,
           [&] { scale.with("SCALE", 2).with("SCAEL", 3)(x, y); });
  error_of(ErrorId::constexpr_name, [&] { scale.with("scale", 2); });
  const Kernel recorded(scale.with("SCALE", 2).program(std::array{x, y}));
  error_of(ErrorId::argument, [&] { recorded.with("SCALE", 3); });
}

Kernel make_shift() {
  return make(
      "shift",
      [](Tensor x, Tensor by, Tensor y) {
        auto BLOCK = block_size("BLOCK", 4);
        return arranged(x.tile({BLOCK}), by, y.tile({BLOCK}));
      },
      [](In x, In by, Out y) { y = x + by; }, {"x", "by", "y"});
}

TEST(LaunchNumbers, LieInThePlaceOfThePointer) {
  static std::vector<float> seen;
  seen.clear();
  FakeToolchain toolchain(
      [](const std::int64_t *parameters, std::int64_t, std::int64_t, void *) {
        float number = 0; // after x: pointer, size, stride
        std::memcpy(&number, parameters + 3, sizeof number);
        seen.push_back(number);
      });
  const Kernel shift = make_shift();
  const Array x = host({1, 2, 3}), y = host_empty(3);
  for (double number : {0.5, -2.0})
    shift(x, Array::scalar(number, f32), y);
  EXPECT_EQ(seen, (std::vector<float>{0.5f, -2.0f}));
  EXPECT_EQ(toolchain.compiles, 1) << "a number is no reason to compile";
  const Program &program = toolchain.last_program;
  EXPECT_TRUE(program.operands[1].known.by_value);
  EXPECT_EQ(parse_program(program.to_string()).hash(), program.hash());
  // In memory it is another class.
  const Array in_memory = Array::from(Values{7}, {}, f32, host_device);
  shift(x, in_memory, y);
  EXPECT_EQ(toolchain.compiles, 2);
  EXPECT_FALSE(toolchain.last_program.operands[1].known.by_value);
}

TEST(LaunchNumbers, AreArraysOfTheHostElsewhere) {
  const Array number = Array::scalar(300, i16);
  EXPECT_TRUE(number.by_value());
  EXPECT_EQ(number.to_vector(), Values{300});
  EXPECT_EQ(number.to_string(), "i16[] on host");
  EXPECT_FALSE(number.reshape({1}).by_value());
  EXPECT_EQ(number.broadcast_to(std::array<std::int64_t, 1>{3}).to_vector(),
            (Values{300, 300, 300}));
  EXPECT_EQ(Array::scalar(300, i8).to_vector(), Values{127});
}

TEST(LaunchNumbers, Mistakes) {
  FakeToolchain toolchain;
  const Array x = host({1, 2, 3}), y = host_empty(3);
  const std::string written = error_of(
      ErrorId::argument, [&] { make_add()(x, x, Array::scalar(1, f32)); });
  EXPECT_NE(written.find("passed by value"), std::string::npos) << written;
  const Kernel shift = make_shift();
  const std::array operands{x, Array::scalar(1, f32), y};
  const Kernel recorded(shift.program(operands));
  error_of(ErrorId::stride, [&] {
    recorded(x, Array::from(Values{7}, {}, f32, host_device), y);
  });
}

} // namespace
} // namespace girih
