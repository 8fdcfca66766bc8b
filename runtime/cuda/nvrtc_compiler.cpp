// SPDX-License-Identifier: Apache-2.0
#include "girih/runtime/cuda/nvrtc_compiler.h"

#include "girih/dsl/support/env.h"
#include "girih/runtime/failure.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <dlfcn.h>
#include <link.h>

#include <atomic>
#include <filesystem>

namespace girih::cuda {
namespace {

namespace fs = std::filesystem;

/// Newest first; the plain name is there where a toolkit for developers is.
constexpr const char *library_names[] = {"libnvrtc.so.13", "libnvrtc.so.12",
                                         "libnvrtc.so.11.2", "libnvrtc.so"};

std::vector<std::string> candidates() {
  if (const auto chosen = env("GIRIH_NVRTC"))
    return {*chosen};
  std::vector<std::string> paths;
  for (const char *variable : {"CUDA_HOME", "CUDA_PATH"})
    if (const auto home = env(variable))
      for (const char *folder : {"/lib64/", "/lib/"})
        for (const char *name : library_names)
          paths.push_back(*home + folder + name);
  for (const char *name : library_names) // by the loader's path
    paths.emplace_back(name);
  for (const char *name : library_names)
    paths.push_back(std::string("/usr/local/cuda/lib64/") + name);
  return paths;
}

bool fill(NvrtcTable &table, void *library) {
  bool all = true;
#define GIRIH_FIND(name, arguments)                                            \
  table.name =                                                                 \
      reinterpret_cast<NvrtcResult(*) arguments>(dlsym(library, #name));       \
  all = all && table.name;
  GIRIH_NVRTC_FUNCTIONS(GIRIH_FIND)
#undef GIRIH_FIND
  table.nvrtcGetErrorString = reinterpret_cast<const char *(*)(NvrtcResult)>(
      dlsym(library, "nvrtcGetErrorString"));
  return all && table.nvrtcGetErrorString;
}

/// CUDA's headers lie beside its libraries: <toolkit>/lib64, <toolkit>/include.
std::string include_folder(void *library) {
  link_map *map = nullptr;
  std::error_code error;
  if (dlinfo(library, RTLD_DI_LINKMAP, &map) != 0 || !map)
    return {};
  const fs::path file = fs::canonical(map->l_name, error);
  if (error)
    return {};
  for (fs::path folder = file.parent_path(); folder.has_relative_path();
       folder = folder.parent_path())
    if (fs::exists(folder / "include" / "cuda_fp16.h", error))
      return (folder / "include").string();
  return {};
}

std::atomic<const NvrtcLookup *> replacement{nullptr};

/// Destroys itself on the way out.
struct Program {
  explicit Program(const NvrtcTable &table) : table(table) {}
  ~Program() {
    if (handle)
      table.nvrtcDestroyProgram(&handle);
  }
  Program(const Program &) = delete;
  Program &operator=(const Program &) = delete;

  std::string log() const {
    std::size_t bytes = 0;
    if (table.nvrtcGetProgramLogSize(handle, &bytes) != nvrtc_success ||
        bytes <= 1)
      return {};
    std::string text(bytes, '\0');
    if (table.nvrtcGetProgramLog(handle, text.data()) != nvrtc_success)
      return {};
    text.resize(bytes - 1); // the zero at its end
    return text;
  }

  const NvrtcTable &table;
  NvrtcProgram handle = nullptr;
};

std::string first_error(const std::string &log) {
  for (std::size_t at = 0; at < log.size();) {
    const std::size_t end = std::min(log.find('\n', at), log.size());
    const std::string line = log.substr(at, end - at);
    if (line.find("error") != std::string::npos)
      return line;
    at = end + 1;
  }
  return log.substr(0, log.find('\n'));
}

[[noreturn]] void fail_compilation(const CudaSource &source,
                                   const std::string &arch,
                                   const Program &program, NvrtcResult result) {
  const std::string log = program.handle ? program.log() : "";
  const std::string what = log.empty()
                               ? program.table.nvrtcGetErrorString(result)
                               : first_error(log);
  Diagnostic diagnostic(ErrorId::nvrtc, {},
                        {fmt::format("kernel {} does not compile for {}: {}",
                                     source.name, arch, what),
                         source.options.empty()
                             ? "it is compiled as CUDA C++ by NVRTC, without "
                               "the host's headers"
                             : fmt::format("its options were {}",
                                           fmt::join(source.options, " "))});
  if (!log.empty())
    diagnostic.note({}, "NVRTC printed:\n" + log);
  throw CompileError(std::move(diagnostic));
}

std::vector<std::string> all_options(const CudaSource &source,
                                     const std::string &arch,
                                     const NvrtcLookup &lookup) {
  std::vector<std::string> options{"--gpu-architecture=" + arch};
  if (!lookup.include.empty())
    options.push_back("--include-path=" + lookup.include);
  if (env_has("GIRIH_DEBUG", "lineinfo"))
    options.emplace_back("--generate-line-info");
  options.insert(options.end(), source.options.begin(), source.options.end());
  return options;
}

} // namespace

NvrtcLookup open_nvrtc() {
  NvrtcLookup found;
  const std::vector<std::string> paths = candidates();
  if (paths.size() == 1 && paths[0] == "off") {
    found.reason = "GIRIH_NVRTC is off";
    return found;
  }
  std::string lacking;
  for (const std::string &path : paths) {
    void *library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!library)
      continue;
    auto table = std::make_unique<NvrtcTable>();
    int major = 0, minor = 0;
    if (!fill(*table, library) ||
        table->nvrtcVersion(&major, &minor) != nvrtc_success) {
      lacking += "; " + path + " is not NVRTC of CUDA 11.1 or newer";
      continue;
    }
    found.table = table.release(); // lives as long as the process
    found.version = 1000 * major + 10 * minor;
    found.include = include_folder(library);
    return found;
  }
  found.reason = fmt::format("no libnvrtc: looked for {}{}",
                             fmt::join(paths, ", "), lacking);
  return found;
}

const NvrtcLookup &nvrtc() {
  if (const NvrtcLookup *other = replacement.load())
    return *other;
  static const auto *const found = new NvrtcLookup(open_nvrtc());
  return *found;
}

ScopedNvrtc::ScopedNvrtc(NvrtcLookup lookup)
    : previous_(replacement.exchange(new NvrtcLookup(std::move(lookup)))) {}

ScopedNvrtc::~ScopedNvrtc() { delete replacement.exchange(previous_); }

std::string key_text(const CudaSource &source, const NvrtcLookup &lookup) {
  std::string text =
      fmt::format("nvrtc {}\nname {}\n", lookup.version, source.name);
  for (const std::string &option : all_options(source, "", lookup))
    text += fmt::format("option {}\n", option);
  return text + "source\n" + source.source;
}

StoredKernel compile_cuda(const CudaSource &source, const std::string &arch,
                          const NvrtcLookup &lookup, bool to_ptx) {
  if (!lookup.table)
    fail(ErrorId::nvrtc_missing,
         fmt::format("kernel {} is CUDA C++, which NVRTC compiles: {}",
                     source.name, lookup.reason),
         {.help = "install the CUDA toolkit's NVRTC library, and name it by "
                  "GIRIH_NVRTC if it lies elsewhere"});
  const NvrtcTable &table = *lookup.table;
  Program program(table);
  const auto check = [&](NvrtcResult result) {
    if (result != nvrtc_success)
      fail_compilation(source, arch, program, result);
  };
  check(table.nvrtcCreateProgram(&program.handle, source.source.c_str(),
                                 "kernel.cu", 0, nullptr, nullptr));
  check(table.nvrtcAddNameExpression(program.handle, source.name.c_str()));
  const std::vector<std::string> options = all_options(source, arch, lookup);
  std::vector<const char *> pointers;
  for (const std::string &option : options)
    pointers.push_back(option.c_str());
  check(table.nvrtcCompileProgram(
      program.handle, static_cast<int>(pointers.size()), pointers.data()));
  const auto text = [&](auto get_size, auto get) {
    std::size_t bytes = 0;
    check(get_size(program.handle, &bytes));
    std::string out(bytes, '\0');
    check(get(program.handle, out.data()));
    return out;
  };
  StoredKernel kernel;
  const char *lowered = nullptr;
  check(
      table.nvrtcGetLoweredName(program.handle, source.name.c_str(), &lowered));
  kernel.entry = lowered;
  std::string ptx = text(table.nvrtcGetPTXSize, table.nvrtcGetPTX);
  if (!ptx.empty() && ptx.back() == '\0')
    ptx.pop_back();
  kernel.parameters = parse_parameters(ptx, kernel.entry);
  kernel.pdl = entry_text(ptx, kernel.entry).find("griddepcontrol.wait") !=
               std::string_view::npos;
  kernel.form = to_ptx ? StoredKernel::Form::ptx : StoredKernel::Form::cubin;
  kernel.code =
      to_ptx ? ptx : text(table.nvrtcGetCUBINSize, table.nvrtcGetCUBIN);
  return kernel;
}

} // namespace girih::cuda
