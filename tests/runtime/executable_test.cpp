// SPDX-License-Identifier: Apache-2.0
// What is compiled, cached and loaded, and when; launches on the fake GPU.
#include "error_text.h"
#include "fake_driver.h"
#include "fake_toolchain.h"
#include "test_kernels.h"

#include "girih/runtime/failure.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace girih {
namespace {

using testing::add_config;
using testing::add_entry;
using testing::error_of;
using testing::fake_add;
using testing::FakeDevice;
using testing::FakeDriver;
using testing::FakeLaunch;
using testing::FakeToolchain;
using testing::has;
using testing::make_add;
using testing::ScopedEnv;
using testing::TemporaryFolder;
using Origin = KernelReport::Origin;
using Values = std::vector<double>;
namespace fs = std::filesystem;

Program add_program(const Config &config = add_config()) {
  const DType dtypes[] = {f32, f32, f32};
  const int ranks[] = {1, 1, 1};
  return record(make_add().source(), dtypes, ranks, {}, config);
}

fs::path only_entry(const std::string &folder) {
  fs::path found;
  for (const auto &entry : fs::directory_iterator(folder)) {
    EXPECT_TRUE(found.empty());
    found = entry.path();
  }
  return found;
}

std::string read(const fs::path &path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

TEST(Executable, WarmDiskNeverCompiles) {
  const TemporaryFolder folder;
  const std::string cache = folder.path() + "/cache";
  {
    FakeToolchain cold(add_entry, cache);
    EXPECT_EQ(executable_for(add_program(), host_device)->origin,
              Origin::compiled);
    EXPECT_EQ(executable_for(add_program(), host_device)->origin,
              Origin::compiled);
    EXPECT_EQ(cold.compiles, 1);
    EXPECT_EQ(cold.loads, 1);
  }
  FakeToolchain warm(add_entry, cache);
  EXPECT_EQ(executable_for(add_program(), host_device)->origin, Origin::disk);
  EXPECT_EQ(warm.compiles, 0);
  EXPECT_EQ(warm.loads, 1);
}

TEST(Executable, BrokenEntriesAreMadeAnew) {
  const TemporaryFolder folder;
  const std::string cache = folder.path() + "/cache";
  {
    FakeToolchain cold(add_entry, cache);
    executable_for(add_program(), host_device);
  }
  const fs::path entry = only_entry(cache);
  const std::string whole = read(entry);
  ASSERT_GT(whole.size(), 100u);
  for (std::size_t at = 0; at < whole.size(); at += 7) {
    std::string broken = whole;
    broken[at] = static_cast<char>(broken[at] ^ 0x20);
    std::ofstream(entry, std::ios::binary) << broken;
    FakeToolchain warm(add_entry, cache);
    EXPECT_EQ(executable_for(add_program(), host_device)->origin,
              Origin::compiled);
    EXPECT_EQ(read(entry), whole) << at;
  }
  for (std::size_t length = 0; length < whole.size(); length += 13) {
    std::ofstream(entry, std::ios::binary) << whole.substr(0, length);
    FakeToolchain warm(add_entry, cache);
    executable_for(add_program(), host_device);
    EXPECT_EQ(warm.compiles, 1);
  }
}

TEST(Executable, UnwritableCacheIsNoError) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() + "/file") << "not a folder";
  static std::atomic<int> warnings{0};
  warnings = 0;
  set_log_sink([](const std::string &line) {
    warnings += has(line, "cannot be used") ? 1 : 0;
  });
  FakeToolchain toolchain(add_entry, folder.path() + "/file/cache");
  EXPECT_EQ(executable_for(add_program(), host_device)->origin,
            Origin::compiled);
  Program other = add_program();
  other.index32 = !other.index32;
  EXPECT_EQ(executable_for(other, host_device)->origin, Origin::compiled);
  set_log_sink(nullptr);
  EXPECT_EQ(toolchain.compiles, 2);
  EXPECT_EQ(warnings, 1);
}

TEST(Executable, KeyHoldsAllThatMatters) {
  const compiler::Target sm90a{compiler::Target::Kind::nvptx, "sm_90a",
                               "+ptx80"};
  const std::string base = key_text(add_program(), sm90a, "");
  std::set<std::string> keys{base};
  const auto add = [&](const std::string &key) {
    EXPECT_TRUE(keys.insert(key).second) << key;
  };
  Program program = add_program();
  program.index32 = false;
  add(key_text(program, sm90a, ""));
  program = add_program();
  program.operands[1].known.aligned = true;
  add(key_text(program, sm90a, ""));
  program = add_program();
  program.operands[2].known.size_div16 = 1;
  add(key_text(program, sm90a, ""));
  program = add_program();
  program.operands[2].dtype = bf16;
  add(key_text(program, sm90a, ""));
  for (int field = 0; field < 9; ++field) {
    Config config = add_config();
    config.num_warps += field == 0 ? 4 : 0;
    config.num_stages += field == 1 ? 1 : 0;
    config.num_ctas += field == 2 ? 1 : 0;
    config.warp_specialize = field == 3;
    config.persistent = field == 4;
    if (field == 5)
      config.order.kind = ProgramOrder::Kind::grouped;
    config.split_k += field == 6 ? 1 : 0;
    config.blocks["BLOCK"] += field == 7 ? 4 : 0;
    config.pdl = field == 8;
    program = add_program();
    program.config = config;
    add(key_text(program, sm90a, ""));
  }
  compiler::Target target = sm90a;
  target.arch = "sm_90";
  add(key_text(add_program(), target, ""));
  target = sm90a;
  target.features = "+ptx81";
  add(key_text(add_program(), target, ""));
  add(key_text(add_program(), sm90a, "assembler=driver"));
  const ScopedEnv env("GIRIH_DEBUG", "lineinfo");
  add(key_text(add_program(), sm90a, ""));
}

TEST(Executable, LinesAreNotInTheKey) {
  const compiler::Target target = target_of(host_device);
  Program moved = add_program();
  moved.body.nodes.at(0).line = {"elsewhere.cpp", 999};
  EXPECT_EQ(key_text(add_program(), target, ""), key_text(moved, target, ""));
  const ScopedEnv env("GIRIH_DEBUG", "lineinfo");
  EXPECT_NE(key_text(add_program(), target, ""), key_text(moved, target, ""));
}

TEST(Executable, DumpAndOverride) {
  const TemporaryFolder folder;
  const std::string dump = folder.path() + "/dump";
  FakeDriver driver;
  const ScopedEnv ptxas("GIRIH_PTXAS", "off");
  fs::path kernel_folder;
  {
    const ScopedEnv env("GIRIH_DUMP", dump);
    FakeToolchain toolchain(add_entry);
    executable_for(add_program(), cuda_device());
    kernel_folder = only_entry(dump);
    EXPECT_TRUE(has(kernel_folder.filename().string(), "add-sm_90a-"));
    EXPECT_TRUE(has(read(kernel_folder / "kernel.ptx"), ".entry kernel"));
    EXPECT_TRUE(has(read(kernel_folder / "config.txt"), "BLOCK=4"));
  }
  const ScopedEnv env("GIRIH_OVERRIDE", dump);
  std::ofstream(kernel_folder / "kernel.ptx")
      << "// edited\n.visible .entry other() {}\n";
  FakeToolchain toolchain(add_entry);
  // The edited text lacks the kernel: proof that it was read.
  const std::string text = error_of(
      ErrorId::cuda, [&] { executable_for(add_program(), cuda_device()); });
  EXPECT_TRUE(has(text, "cuModuleGetFunction")) << text;
}

TEST(Executable, DumpsOfLongNames) {
  const TemporaryFolder folder;
  const std::string dump = folder.path() + "/dump";
  FakeDriver driver;
  const ScopedEnv ptxas("GIRIH_PTXAS", "off");
  const ScopedEnv env("GIRIH_DUMP", dump);
  FakeToolchain toolchain(add_entry);
  Program program = add_program();
  program.name = std::string(5000, 'n');
  executable_for(program, cuda_device());
  EXPECT_TRUE(only_entry(dump).filename().string().starts_with(
      std::string(100, 'n') + "-sm_90a-"));
}

TEST(Executable, AnOverrideThatIsNotThereIsSaid) {
  FakeDriver driver;
  const ScopedEnv ptxas("GIRIH_PTXAS", "off");
  const ScopedEnv env("GIRIH_OVERRIDE", "/does/not/exist");
  FakeToolchain toolchain(add_entry);
  const std::string text = error_of<RuntimeError>(
      ErrorId::file, [&] { executable_for(add_program(), cuda_device()); });
  EXPECT_TRUE(has(text, "GIRIH_OVERRIDE=/does/not/exist")) << text;
}

/// Whether an error begins with a line of the kernel add.
bool starts_in_add(const std::string &text) {
  return has(text.substr(0, text.find(": error")), "kernels.h:");
}

struct GpuLaunch : ::testing::Test {
  FakeDriver driver;
  const ScopedEnv ptxas{"GIRIH_PTXAS", "off"};
  FakeToolchain toolchain;
  const Kernel add = make_add();
  const Array a = Array::from(Values{1, 2, 3, 4, 5}, {5}, f32);
  const Array b = Array::from(Values{10, 20, 30, 40, 50}, {5}, f32);
  const Array c = Array::zeros({5}, f32);
  const std::vector<Array> arrays{a, b, c};
  const LaunchOptions options{add_config(), {}};
  GpuLaunch() { driver.on_kernel("kernel", fake_add); }
};

TEST_F(GpuLaunch, RunsWithTheRightParameters) {
  toolchain.shared_bytes = 1024;
  const Stream stream = Stream::create(cuda_device());
  for (int round = 0; round < 3; ++round)
    add.launch(arrays, {add_config(), stream});
  EXPECT_EQ(c.to_vector(), (Values{11, 22, 33, 44, 55}));
  ASSERT_EQ(driver.launches().size(), 3u);
  const FakeLaunch launch = driver.launches()[2];
  EXPECT_EQ(launch.entry, "kernel");
  EXPECT_EQ(launch.programs, 2u);
  EXPECT_EQ(launch.threads, 128u);
  EXPECT_EQ(launch.shared_bytes, 1024u);
  EXPECT_EQ(launch.stream, stream.native());
  const auto address = [](const Array &array) {
    return reinterpret_cast<std::int64_t>(array.data());
  };
  EXPECT_EQ(launch.parameters,
            (std::vector<std::int64_t>{address(a), 5, 1, address(b), 5, 1,
                                       address(c), 5, 1}));
  EXPECT_EQ(driver.count("cuModuleLoadDataEx"), 1);
}

TEST_F(GpuLaunch, OneLaunchIsOneDriverCall) {
  add.launch(arrays, options);
  void *context = nullptr;
  driver.table().cuCtxPushCurrent(cuda::gpu(0).context());
  const auto before = driver.calls().size();
  add.launch(arrays, options);
  const auto calls = driver.calls();
  const std::vector<std::string> made(calls.begin() + static_cast<long>(before),
                                      calls.end());
  EXPECT_EQ(made,
            (std::vector<std::string>{"cuCtxGetCurrent", "cuLaunchKernel"}));
  driver.table().cuCtxPopCurrent(&context);
}

TEST_F(GpuLaunch, LargeSharedMemoryIsAskedFor) {
  toolchain.shared_bytes = 200 << 10;
  add.launch(arrays, options);
  EXPECT_EQ(driver.count("cuFuncSetAttribute"), 1);
  EXPECT_EQ(c.to_vector(), (Values{11, 22, 33, 44, 55}));
}

TEST_F(GpuLaunch, TooMuchSharedMemory) {
  toolchain.shared_bytes = 300 << 10;
  const std::string text =
      error_of(ErrorId::shared_memory, [&] { add.launch(arrays, options); });
  EXPECT_TRUE(has(text, "needs 307200 bytes of shared memory; cuda:0 has "
                        "232448"))
      << text;
  EXPECT_TRUE(starts_in_add(text)) << text;
  // A module that is of no use is not kept, however often it is asked for.
  error_of(ErrorId::shared_memory, [&] { add.launch(arrays, options); });
  EXPECT_EQ(driver.count("cuModuleUnload"), driver.count("cuModuleLoadDataEx"));
  EXPECT_EQ(driver.count("cuLaunchKernel"), 0);
}

TEST_F(GpuLaunch, TooManyThreads) {
  toolchain.threads = 2048;
  const std::string text =
      error_of(ErrorId::registers, [&] { add.launch(arrays, options); });
  EXPECT_TRUE(has(text, "wants 2048 threads a program")) << text;
  EXPECT_TRUE(starts_in_add(text)) << text;
}

TEST_F(GpuLaunch, PtxThatTheDriverRefuses) {
  driver.fail("cuModuleLoadDataEx", 1, cuda::error_invalid_ptx);
  const std::string text =
      error_of(ErrorId::assembler, [&] { add.launch(arrays, options); });
  EXPECT_TRUE(has(text, "line 3: bad instruction")) << text;
  EXPECT_TRUE(starts_in_add(text)) << text;
  EXPECT_TRUE(has(text, "kernel add")) << text;
  add.launch(arrays, options); // and it is tried again
  EXPECT_EQ(c.to_vector(), (Values{11, 22, 33, 44, 55}));
}

TEST_F(GpuLaunch, EveryDriverCallOfALaunchMayFail) {
  for (const char *call :
       {"cuModuleLoadDataEx", "cuModuleGetFunction", "cuFuncGetAttribute",
        "cuFuncSetAttribute", "cuLaunchKernel"}) {
    const Kernel fresh = make_add();
    toolchain.shared_bytes += 16; // another kernel each time
    Config config = add_config();
    config.num_stages = static_cast<int>(toolchain.shared_bytes / 16);
    const LaunchOptions own{config, {}};
    driver.fail(call, 1, cuda::error_out_of_memory);
    const std::string text =
        error_of(ErrorId::cuda, [&] { fresh.launch(arrays, own); });
    EXPECT_TRUE(has(text, call)) << text;
    c.fill_bytes(0);
    fresh.launch(arrays, own);
    EXPECT_EQ(c.to_vector(), (Values{11, 22, 33, 44, 55})) << call;
  }
}

TEST_F(GpuLaunch, FatalErrorNamesKernelAndLine) {
  add.launch(arrays, options);
  driver.fail("cuCtxSynchronize", 1, 700);
  const std::string text =
      error_of(ErrorId::cuda, [&] { synchronize(cuda_device()); });
  EXPECT_TRUE(has(text, "add (")) << text;
  EXPECT_TRUE(has(text, "executable_test.cpp:")) << text;
  const std::string later =
      error_of(ErrorId::cuda, [&] { add.launch(arrays, options); });
  EXPECT_TRUE(has(later, "cannot be used since an earlier error")) << later;
}

TEST_F(GpuLaunch, SyncModeFindsTheLaunch) {
  const ScopedEnv env("GIRIH_DEBUG", "sync");
  add.launch(arrays, options);
  const int before = driver.count("cuStreamSynchronize");
  add.launch(arrays, options);
  EXPECT_EQ(driver.count("cuStreamSynchronize"), before + 1);
  driver.fail("cuStreamSynchronize", 1, 719);
  const std::string text =
      error_of(ErrorId::cuda, [&] { add.launch(arrays, options); });
  EXPECT_TRUE(has(text, "executable_test.cpp:")) << text;
  EXPECT_TRUE(has(text, "the kernel was add")) << text;
}

TEST_F(GpuLaunch, DependentLaunchNeedsTheWaitInTheCode) {
  Config config = add_config();
  config.pdl = true;
  add.launch(arrays, {config, {}});
  EXPECT_FALSE(driver.launches().back().programmatic);
  const std::string waiting =
      ".visible .entry kernel() {\ngriddepcontrol.wait;\n}\n";
  toolchain.code = waiting;
  config.num_stages = 7; // compiled anew
  add.launch(arrays, {config, {}});
  EXPECT_TRUE(driver.launches().back().programmatic);
  EXPECT_EQ(driver.launches().back().programs, 2u);
  EXPECT_EQ(driver.launches().back().threads, 128u);
  // Not asked for: such code runs as any other.
  config.pdl = false;
  add.launch(arrays, {config, {}});
  EXPECT_FALSE(driver.launches().back().programmatic);
  EXPECT_EQ(c.to_vector(), (Values{11, 22, 33, 44, 55}));
  driver.fail("cuLaunchKernelEx", 1, 1);
  config.pdl = true;
  const std::string text =
      error_of(ErrorId::cuda, [&] { add.launch(arrays, {config, {}}); });
  EXPECT_TRUE(has(text, "cuLaunchKernelEx")) << text;
}

TEST(GpuCode, DependentLaunchAndTheDriver) {
  // A capture holds it from 12.3 on; a driver without the call launches as
  // usual.
  for (const int version : {11050, 12020, 12040}) {
    FakeDriver driver;
    driver.set_version(version);
    const ScopedEnv ptxas("GIRIH_PTXAS", "off");
    FakeToolchain toolchain;
    toolchain.code = ".visible .entry kernel() {\ngriddepcontrol.wait;\n}\n";
    Config config = add_config();
    config.pdl = true;
    const Array a = Array::from(Values{1}, {1}, f32),
                c = Array::zeros({1}, f32);
    const std::vector<Array> all{a, a, c};
    const Kernel add = make_add();
    add.launch(all, {config, {}});
    EXPECT_EQ(driver.launches().back().programmatic, version > 11060);
    const Graph graph = Graph::capture(Stream::create(cuda_device()),
                                       [&] { add.launch(all, {config, {}}); });
    graph.launch();
    EXPECT_EQ(driver.launches().size(), 2u);
    EXPECT_EQ(driver.launches().back().programmatic, version > 12030);
  }
}

TEST(GpuCode, DependentLaunchIsCached) {
  const TemporaryFolder folder;
  FakeDriver driver;
  const ScopedEnv ptxas("GIRIH_PTXAS", "off");
  Config config = add_config();
  config.pdl = true;
  for (int round = 0; round < 2; ++round) {
    FakeToolchain toolchain(nullptr, folder.path() + "/cache");
    toolchain.code = ".visible .entry kernel() {\ngriddepcontrol.wait;\n}\n";
    EXPECT_TRUE(executable_for(add_program(config), cuda_device())->pdl);
    EXPECT_EQ(toolchain.compiles, 1 - round);
  }
}

TEST_F(GpuLaunch, Report) {
  const KernelReport report = add.prepare(arrays, options);
  Config config = add_config();
  config.pdl = true; // there are few programs
  EXPECT_EQ(report.config, config);
  EXPECT_EQ(report.programs, 2);
  EXPECT_EQ(report.threads, 128);
  EXPECT_EQ(report.registers, 32);
  EXPECT_TRUE(has(report.target, "sm_90a"));
  EXPECT_TRUE(driver.launches().empty());
  add.launch(arrays, options);
  EXPECT_EQ(toolchain.compiles, 1);
}

TEST(GpuCode, CubinsComeFromPtxasAndAreCached) {
  const TemporaryFolder folder;
  FakeDriver driver;
  std::ofstream(folder.path() + "/ptxas") << "#!/bin/sh\n";
  fs::permissions(folder.path() + "/ptxas", fs::perms::owner_all);
  const ScopedEnv env("GIRIH_PTXAS", folder.path() + "/ptxas");
  for (int round = 0; round < 2; ++round) {
    FakeToolchain toolchain(nullptr, folder.path() + "/cache");
    const auto code = executable_for(add_program(), cuda_device());
    EXPECT_EQ(code->spill_bytes, 8);
    EXPECT_EQ(toolchain.assemblies, round == 0 ? 1 : 0);
    EXPECT_EQ(toolchain.compiles, round == 0 ? 1 : 0);
  }
  EXPECT_TRUE(has(read(only_entry(folder.path() + "/cache")), "CUBIN of"));
}

// 1024 threads an SM, where a kernel without dots nearly has them.
TEST(GpuCode, RegistersAreLimitedWhereThatCostsLittle) {
  const TemporaryFolder folder;
  FakeDriver driver;
  std::ofstream(folder.path() + "/ptxas") << "#!/bin/sh\n";
  fs::permissions(folder.path() + "/ptxas", fs::perms::owner_all);
  const ScopedEnv env("GIRIH_PTXAS", folder.path() + "/ptxas");
  struct Case {
    int registers;
    std::int64_t spill, limited_spill;
    int assemblies;
    std::int64_t taken; // bytes that the code taken spills
  };
  for (const Case &each :
       {Case{64, 0, 0, 1, 0}, Case{65, 0, 32, 2, 32}, Case{96, 0, 33, 2, 0},
        Case{97, 0, 8, 1, 0}, Case{80, 8, 0, 1, 8}}) {
    SCOPED_TRACE(each.registers);
    FakeToolchain toolchain;
    toolchain.unlimited = {.registers = each.registers,
                           .spill_bytes = each.spill};
    toolchain.limited.spill_bytes = each.limited_spill;
    const auto code = executable_for(add_program(), cuda_device());
    EXPECT_EQ(toolchain.assemblies, each.assemblies);
    EXPECT_EQ(code->spill_bytes, each.taken);
  }
  FakeToolchain toolchain;
  toolchain.unlimited = {.registers = 80};
  toolchain.code = ".visible .entry kernel()\n.maxnreg 96\n{}\n";
  executable_for(add_program(), cuda_device());
  EXPECT_EQ(toolchain.assemblies, 1); // the PTX has its own limit
}

TEST(GpuCode, DriverAssemblesWhatItCannotLoad) {
  const TemporaryFolder folder;
  FakeDriver driver;
  std::ofstream(folder.path() + "/ptxas") << "#!/bin/sh\n";
  fs::permissions(folder.path() + "/ptxas", fs::perms::owner_all);
  const ScopedEnv env("GIRIH_PTXAS", folder.path() + "/ptxas");
  FakeToolchain toolchain;
  driver.fail("cuModuleLoadDataEx", 1, cuda::error_no_binary);
  const auto code = executable_for(add_program(), cuda_device());
  EXPECT_NE(code->function.function, nullptr);
  EXPECT_EQ(driver.count("cuModuleLoadDataEx"), 2);
  EXPECT_EQ(toolchain.assemblies, 1);
  executable_for(add_program(add_config(8)), cuda_device());
  EXPECT_EQ(toolchain.assemblies, 1); // not tried again
}

TEST(GpuCode, EachDeviceLoadsOnceAndArchesDiffer) {
  FakeDriver driver({FakeDevice{90}, FakeDevice{90}, FakeDevice{120}});
  const ScopedEnv env("GIRIH_PTXAS", "off");
  FakeToolchain toolchain;
  for (int device : {0, 1, 2, 0, 1, 2})
    executable_for(add_program(), cuda_device(device));
  EXPECT_EQ(toolchain.compiles, 2);
  EXPECT_EQ(driver.count("cuModuleLoadDataEx"), 3);
}

} // namespace
} // namespace girih
