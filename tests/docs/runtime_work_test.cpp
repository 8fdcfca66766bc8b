// SPDX-License-Identifier: Apache-2.0
// The examples of docs/reference/runtime.md about work: calls, streams, graphs,
// memory, dependent launches, CUDA C++. They run on the GPU if there is one,
// else on the host; what the host does not have is skipped there.
#include "expect_error.h"

#include "girih/runtime/cuda/nvrtc_compiler.h"
#include "girih/runtime/executable.h"
#include "girih/tests/runtime/temporary_folder.h"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <vector>

namespace girih {
namespace {

using testing::expect_error;
using Values = std::vector<double>;

// [add]
// c = a + b.
const Kernel add = make(
    "add",
    [](Tensor a, Tensor b, Tensor c) {
      auto BLOCK = block_size("BLOCK");
      return arranged(a.tile({BLOCK}), b.tile({BLOCK}), c.tile({BLOCK}));
    },
    [](In a, In b, Out c) { c = a + b; }, {"a", "b", "c"});
// [/add]

/// Runs on the default device, with arrays of three elements.
class RuntimeWork : public ::testing::Test {
protected:
  static Array filled(double value) {
    return Array::from(Values(3, value), {3}, f32);
  }

  const Device device = default_device();
  Array a = filled(1), b = filled(10), c = filled(0), d = filled(0);
};

TEST_F(RuntimeWork, Calls) {
  // [calls]
  add(a, b, c); // the default Config, the default stream
  const std::vector<Array> arrays{a, b, c};
  add.launch(arrays, {.config = parse_config("BLOCK=64 num_warps=2"),
                      .stream = Stream::create(device)});
  KernelReport report = add.prepare(arrays); // all but running
  EXPECT_EQ(report.programs, 1);
  EXPECT_GE(report.compile_seconds + report.load_seconds, 0.0);
  EXPECT_EQ(add.program(arrays).config.blocks, report.config.blocks);
  EXPECT_EQ(add.launched_program(arrays).config, report.config);
  EXPECT_EQ(add.name(), "add");
  EXPECT_EQ(add.arity(), 3);
  EXPECT_EQ(add.source().operand_names[2], "c");
  expect_error(ErrorId::overlap, [&] { add(a, b, a); });
  // [/calls]
  synchronize(device);
  EXPECT_EQ(c.to_vector(), Values(3, 11));
}

TEST_F(RuntimeWork, RecordedElsewhere) {
  // [program]
  std::string text = add.program(std::vector<Array>{a, b, c}).to_string();
  const Kernel again(parse_program(text)); // the two functions are not needed
  again(a, b, c);
  EXPECT_EQ(c.to_vector(), Values(3, 11));
  // [/program]
}

TEST_F(RuntimeWork, Streams) {
  // [streams]
  Stream first = Stream::create(device), second = Stream::create(device);
  Event begun(device), ready(device);
  begun.record(first);
  add.launch(std::vector<Array>{a, b, c}, {.config = {}, .stream = first});
  ready.record(first);
  second.wait(ready); // the stream does; this thread goes on
  add.launch(std::vector<Array>{c, b, d}, {.config = {}, .stream = second});
  second.synchronize(); // this thread waits
  EXPECT_TRUE(ready.done());
  EXPECT_GE(seconds_between(begun, ready), 0.0);
  EXPECT_EQ(d.to_vector(), Values(3, 21));
  // [/streams]
}

TEST_F(RuntimeWork, StreamsOfOthers) {
  const Stream theirs = Stream::create(device);
  void *const native = theirs.native();
  // [wrap_stream]
  // native: a CUstream or cudaStream_t of another library.
  Stream stream = Stream::wrap(native, device);
  EXPECT_EQ(stream.native(), native);
  EXPECT_TRUE(stream.bound() && !stream.owned());
  EXPECT_EQ(stream.device(), device);
  const std::int64_t shape[] = {3};
  Array between = Array::empty_on(stream, shape, f32); // in its order
  add.launch(std::vector<Array>{a, b, between},
             {.config = {}, .stream = stream});
  Event ready(stream.device());
  ready.record(stream);
  EXPECT_EQ(ready.device(), device);
  ready.synchronize(); // ready.native() is a CUevent, for calls of the driver
  EXPECT_EQ(ready.native() == nullptr, device == host_device);
  // [/wrap_stream]
  EXPECT_EQ(between.to_vector(), Values(3, 11));
}

TEST_F(RuntimeWork, Graphs) {
  add.prepare(std::vector<Array>{a, b, c}); // for drivers before 12.3
  // [graph]
  Stream stream = Stream::create(device); // not the default one
  Graph graph = Graph::capture(stream, [&] {
    Array between = Array::zeros({3}, f32); // belongs to the graph
    add(a, b, between);                     // goes to the captured stream
    add(between, a, c);
  });
  EXPECT_EQ(graph.size(), 3U); // a fill, two launches: nothing ran yet
  EXPECT_EQ(graph.device(), device);
  graph.launch(stream); // or any other stream
  stream.synchronize();
  EXPECT_EQ(c.to_vector(), Values(3, 12));

  b.copy_from(filled(20)); // new input at the same place
  graph.launch(stream);
  stream.synchronize();
  EXPECT_EQ(c.to_vector(), Values(3, 22));
  // [/graph]
}

TEST_F(RuntimeWork, CapturedByAScope) {
  // [graph_scope]
  Stream stream = Stream::create(device);
  Graph graph;
  EXPECT_TRUE(graph.empty());
  {
    GraphCapture scope(stream); // until finish(), or dropped at the end
    add(a, b, c);
    expect_error(ErrorId::capture, [&] { c.to_vector(); }); // nothing ran
    graph = scope.finish();
  }
  // The same work on other arrays takes the place of what was captured.
  EXPECT_TRUE(graph.update(stream, [&] { add(b, b, d); }));
  graph.launch(stream);
  stream.synchronize();
  EXPECT_EQ(d.to_vector(), Values(3, 20));
  // [/graph_scope]
  EXPECT_EQ(c.to_vector(), Values(3, 0));
}

TEST_F(RuntimeWork, CapturesOfTwoStreams) {
  // [graph_streams]
  Stream stream = Stream::create(device), side = Stream::create(device);
  Event fork(device), join(device);
  Graph graph = Graph::capture(stream, [&] {
    fork.record(stream);
    side.wait(fork); // from here on captured too
    add.launch(std::vector<Array>{a, a, d}, {.config = {}, .stream = side});
    add.launch(std::vector<Array>{a, b, c}, {.config = {}, .stream = stream});
    join.record(side);
    stream.wait(join);
    add(c, d, b);
  });
  graph.launch();
  synchronize(device);
  EXPECT_EQ(b.to_vector(), Values(3, 13));
  // [/graph_streams]
}

TEST(RuntimeReference, Pool) {
  const std::int64_t usual = std::int64_t{256} << 20;
  set_pool_limit(host_device, usual); // none under AddressSanitizer
  // [pool]
  trim_pool(host_device); // keeps nothing
  PoolStatistics before = pool_statistics(host_device);
  for (int round = 0; round < 3; ++round)
    Array work = Array::empty({1 << 20}, f32, host_device);
  PoolStatistics after = pool_statistics(host_device);
  EXPECT_EQ(after.requests - before.requests, 3);
  EXPECT_EQ(after.reused - before.reused, 2); // all but the first
  EXPECT_EQ(after.used_bytes, before.used_bytes);
  EXPECT_EQ(after.kept_bytes, std::int64_t{4} << 20);

  set_pool_limit(host_device, 1 << 20); // more than that is given back
  {
    Array work = Array::empty({1 << 20}, f32, host_device);
  }
  EXPECT_EQ(pool_statistics(host_device).kept_bytes, 0);
  // [/pool]
  set_pool_limit(host_device, usual);
}

TEST_F(RuntimeWork, DependentLaunches) {
  // [pdl]
  Stream stream = Stream::create(device);
  Config config = parse_config("BLOCK=256 pdl=1");
  Array weight = b.as_constant(); // read before `c` is there
  add.launch(std::vector<Array>{a, weight, c},
             {.config = config, .stream = stream});
  add.launch(std::vector<Array>{c, weight, d},
             {.config = config, .stream = stream});
  stream.synchronize();
  EXPECT_EQ(d.to_vector(), Values(3, 21));
  // [/pdl]
}

// [cuda_kernel]
const char *const scale_text = R"(
  extern "C" __global__ void scale(float *x, float factor, long long count) {
    long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x;
    if (i < count)
      x[i] *= factor;
  })";
const CudaKernel scale = cuda_kernel(scale_text, "scale");
// [/cuda_kernel]

// [cuda_wait]
const char *const add_one_text = R"(
  template <class T> __global__ void add_one(T *x, int count) {
    int i = blockIdx.x * blockDim.x + threadIdx.x; // needs no results
    asm volatile("griddepcontrol.wait;" ::: "memory");
    if (i < count)
      x[i] += 1;
  })";
const CudaKernel add_one =
    cuda_kernel(add_one_text, "add_one<float>", {"--use_fast_math"});
// [/cuda_wait]

// Needs no GPU.
TEST(RuntimeReference, CudaTextsCompile) {
  const cuda::NvrtcLookup nvrtc = cuda::open_nvrtc();
  if (!nvrtc.table)
    GTEST_SKIP() << nvrtc.reason;
  const auto parameters = [&](const char *text, const std::string &name) {
    return cuda::compile_cuda({text, name, {"--use_fast_math"}}, "sm_90a",
                              nvrtc, false)
        .parameters.size();
  };
  EXPECT_EQ(parameters(scale_text, scale.name()), 3U);
  EXPECT_EQ(parameters(add_one_text, add_one.name()), 2U);
}

TEST(RuntimeReference, CudaKernelsRunOnAGpu) {
  Array numbers = Array::from(Values{1, 2, 3}, {3}, f32, host_device);
  // [cuda_host]
  expect_error(ErrorId::device, // `numbers` is an Array of the host
               [&] { scale({}, numbers, 2.0f, numbers.numel()); });
  // [/cuda_host]
  EXPECT_EQ(scale.name(), "scale");
}

/// Needs a GPU and an NVRTC.
class RuntimeCuda : public RuntimeWork {
protected:
  void SetUp() override {
    if (cuda_device_count() == 0)
      GTEST_SKIP() << cuda_unavailable_reason();
    if (!cuda::nvrtc().table)
      GTEST_SKIP() << cuda::nvrtc().reason;
  }
};

TEST_F(RuntimeCuda, Calls) {
  // [cuda_call]
  Array x = Array::from(Values{1, 2, 3}, {3}, f32, cuda_device());
  scale({.blocks = {1}, .threads = {128}}, x, 2.0f, x.numel());
  EXPECT_EQ(x.to_vector(), (Values{2, 4, 6}));
  expect_error(ErrorId::argument, // a double is no float
               [&] { scale({}, x, 2.0, x.numel()); });
  EXPECT_GT(scale.prepare(cuda_device()).registers, 0);
  // [/cuda_call]
}

TEST_F(RuntimeCuda, DependentLaunches) {
  if (properties(cuda_device()).compute_capability < 90)
    GTEST_SKIP() << "needs sm_90";
  // [cuda_pdl]
  Array x = Array::zeros({100}, f32, cuda_device());
  Stream stream = Stream::create(cuda_device());
  for (int round = 0; round < 10; ++round)
    add_one({.stream = stream, .pdl = true}, x, 100);
  stream.synchronize();
  EXPECT_EQ(x.to_vector(), Values(100, 10));
  // [/cuda_pdl]
}

/// The texts of the files called `name` in folders of `root`.
std::string text_below(const std::string &root, const std::string &name) {
  std::ostringstream out;
  for (const auto &each : std::filesystem::directory_iterator(root))
    if (std::ifstream file(each.path() / name); file)
      out << file.rdbuf();
  return out.str();
}

/// Three steps of the page; each is a run of a program there.
TEST_F(RuntimeWork, DumpedAndEdited) {
  namespace fs = std::filesystem;
  const testing::TemporaryFolder dumped, edited;
  FileSystem files;
  DiskCache none("", 0, files);
  const auto run = [&](const char *variable, const std::string &value) {
    const ScopedToolchain another_process(current_toolchain(), none);
    setenv(variable, value.c_str(), 1);
    Kernel(add.source())(a, b, c);
    unsetenv(variable);
    return c.to_vector();
  };
  EXPECT_EQ(run("GIRIH_DUMP", dumped.path()), Values(3, 11));
  std::string text = text_below(dumped.path(), "program.txt");
  const std::size_t at = text.find("binary add");
  ASSERT_NE(at, std::string::npos) << text;
  for (const char *file : {"config.txt", "times.txt", "tile.mlir", "llvm.ll"})
    EXPECT_NE(text_below(dumped.path(), file), "") << file;
  text.replace(at, 10, "binary sub");
  const fs::path folder = fs::directory_iterator(dumped.path())->path();
  EXPECT_TRUE(folder.filename().string().starts_with("add-"));
  fs::create_directory(edited.path() / folder.filename());
  std::ofstream(edited.path() / folder.filename() / "program.txt") << text;
  EXPECT_EQ(run("GIRIH_OVERRIDE", edited.path()), Values(3, -9));
}

} // namespace
} // namespace girih
