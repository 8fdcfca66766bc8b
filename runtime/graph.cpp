// SPDX-License-Identifier: Apache-2.0
#include "girih/runtime/graph.h"

#include "girih/dsl/support/env.h"
#include "girih/runtime/capture.h"
#include "girih/runtime/cuda/device_pool.h"
#include "girih/runtime/cuda/gpu.h"
#include "girih/runtime/failure.h"
#include "girih/runtime/fork_mutex.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <thread>
#include <utility>

namespace girih {
namespace {

/// A CUgraph as long as it is needed.
class CapturedGraph {
public:
  explicit CapturedGraph(const cuda::Gpu *gpu) : gpu_(gpu) {}
  ~CapturedGraph() {
    if (handle)
      gpu_->api().cuGraphDestroy(handle);
  }
  CapturedGraph(CapturedGraph &&other) noexcept
      : handle(std::exchange(other.handle, nullptr)), gpu_(other.gpu_) {}
  cuda::GraphHandle handle = nullptr;

private:
  const cuda::Gpu *gpu_;
};

/// "graph of add, matmul": what errors call it.
std::string describe(const std::vector<std::string> &kernels) {
  constexpr std::size_t most = 4;
  if (kernels.empty())
    return "graph";
  const std::vector<std::string> first(
      kernels.begin(), kernels.begin() + static_cast<std::ptrdiff_t>(
                                             std::min(most, kernels.size())));
  return fmt::format("graph of {}{}", fmt::join(first, ", "),
                     kernels.size() > most ? ", ..." : "");
}

const char *help_of(cuda::Result result) {
  switch (result) {
  case cuda::error_capture_invalidated:
    return "a call that a capture forbids was made on this thread or in this "
           "stream meanwhile";
  case cuda::error_capture_unjoined:
    return "another stream became part of the capture and was not joined: "
           "record an Event in it, and let the captured stream wait for it";
  default:
    return "";
  }
}

} // namespace

/// What one capture gave.
struct GraphCapture::Ended {
  Capture capture;
  CapturedGraph graph;
  std::size_t size = 0;
};

struct GraphCapture::State {
  Capture capture;
  SourceLine begun;
  const cuda::Gpu *gpu = nullptr; // null on the host
  std::thread::id thread = std::this_thread::get_id();
  bool open = false;

  /// Ends the driver's capture, if there is one.
  cuda::Result end(CapturedGraph &graph) {
    open = false;
    set_capture(nullptr);
    if (!gpu || cuda::forked_from_cuda())
      return cuda::success;
    gpu->end_capture();
    const cuda::QuietScope scope(*gpu);
    return gpu->api().cuStreamEndCapture(capture.stream.native(),
                                         &graph.handle);
  }
};

struct Graph::State {
  Device device;
  const cuda::Gpu *gpu = nullptr; // null on the host
  ForkMutex mutex;                // guards work, name and size
  std::shared_ptr<const Captured> work;
  std::string name;
  std::size_t size = 0;
  std::mutex launching; // guards what follows; only on a GPU
  cuda::GraphExecHandle exec = nullptr;
  cuda::StreamHandle noted = nullptr; // the stream whose use was noted last
  bool any_noted = false;

  ~State() {
    if (exec && !cuda::forked_from_cuda())
      gpu->api().cuGraphExecDestroy(exec);
  }

  std::shared_ptr<const Captured> current(std::string *its_name = nullptr) {
    const std::lock_guard lock(mutex);
    if (its_name)
      *its_name = name;
    return work;
  }
  bool take(GraphCapture::Ended ended);
  void replay_on_gpu(const Stream &stream, std::source_location where);
};

GraphCapture::GraphCapture(const Stream &stream, std::source_location where)
    : state_(std::make_unique<State>()) {
  state_->capture.begun = state_->begun = where;
  const auto refuse = [&](std::string what, std::string help) {
    fail(ErrorId::capture, std::move(what), {where, {}, std::move(help)});
  };
  if (const Capture *other = current_capture())
    refuse(fmt::format("this thread is capturing already, since {}",
                       other->begun.to_string()),
           "finish one capture before the next");
  if (!stream.bound())
    refuse("the default stream cannot be captured",
           "capture a stream made by Stream::create(device)");
  state_->capture.device = stream.device();
  state_->capture.stream = stream;
  if (stream.device().kind == Device::Kind::cuda) {
    if (!stream.native())
      refuse("the default stream cannot be captured",
             "capture a stream made by Stream::create(device)");
    state_->gpu = &cuda::gpu(stream.device().index);
    state_->gpu->require_alive();
    const cuda::ContextScope scope(*state_->gpu);
    // Thread-local: other threads may take memory and load code meanwhile.
    state_->gpu->check(state_->gpu->api().cuStreamBeginCapture(
                           stream.native(), cuda::capture_thread_local),
                       "cuStreamBeginCapture");
    state_->gpu->begin_capture();
  }
  state_->open = true;
  set_capture(&state_->capture);
}

GraphCapture::~GraphCapture() {
  CapturedGraph dropped(state_->gpu);
  if (state_->open)
    state_->end(dropped);
}

GraphCapture::Ended GraphCapture::end() {
  const SourceLine &begun = state_->begun;
  if (!state_->open)
    fail(ErrorId::capture, "this capture is finished already",
         {begun, {}, "begin another one: a capture is finished once"});
  if (state_->thread != std::this_thread::get_id())
    fail(ErrorId::capture, "a capture is finished by another thread",
         {begun, {}, "finish it in the thread that began it"});
  Ended ended{{}, CapturedGraph(state_->gpu), 0};
  const cuda::Result result = state_->end(ended.graph);
  ended.capture = std::move(state_->capture);
  if (result != cuda::success) {
    const std::string what = fmt::format(
        "the capture on {} failed: {}", ended.capture.device.to_string(),
        cuda::error_text(state_->gpu->api(), result));
    const auto &kernels = ended.capture.work.kernels;
    fail(ErrorId::capture, what,
         {ended.capture.begun,
          kernels.empty()
              ? "no kernel was captured"
              : fmt::format("captured: {}", fmt::join(kernels, ", ")),
          help_of(result)});
  }
  ended.size = ended.capture.work.steps.size();
  if (state_->gpu)
    state_->gpu->check(state_->gpu->api().cuGraphGetNodes(ended.graph.handle,
                                                          nullptr, &ended.size),
                       "cuGraphGetNodes");
  return ended;
}

Graph GraphCapture::finish() {
  Ended ended = end();
  Graph made;
  made.state_ = std::make_shared<Graph::State>();
  made.state_->device = ended.capture.device;
  made.state_->gpu = state_->gpu;
  made.state_->take(std::move(ended));
  return made;
}

/// Puts a capture in this graph's place; true when the driver's was updated.
bool Graph::State::take(GraphCapture::Ended ended) {
  // Declared first: the old work goes when no lock is held.
  auto next = std::make_shared<const Captured>(std::move(ended.capture.work));
  std::unique_lock<std::mutex> lock(launching, std::defer_lock);
  bool updated = !gpu;
  if (gpu) {
    lock.lock();
    const cuda::ContextScope scope(*gpu);
    const auto &api = gpu->api();
    cuda::GraphNodeHandle node = nullptr;
    int why = 0;
    updated = exec && api.cuGraphExecUpdate(exec, ended.graph.handle, &node,
                                            &why) == cuda::success;
    if (!updated) {
      cuda::GraphExecHandle made = nullptr;
      gpu->check(api.cuGraphInstantiateWithFlags(&made, ended.graph.handle, 0),
                 "cuGraphInstantiateWithFlags");
      // The driver frees it when its last replay has run.
      if (const auto old = std::exchange(exec, made))
        api.cuGraphExecDestroy(old);
    }
    any_noted = false;
  }
  const std::lock_guard own(mutex);
  work.swap(next);
  name = describe(work->kernels);
  size = ended.size;
  return updated;
}

Graph Graph::capture(const Stream &stream, const std::function<void()> &work,
                     std::source_location where) {
  GraphCapture scope(stream, where);
  work();
  return scope.finish();
}

bool Graph::update(const Stream &stream, const std::function<void()> &work,
                   std::source_location where) {
  if (!state_) {
    *this = capture(stream, work, where);
    return false;
  }
  if (stream.bound() && stream.device() != state_->device)
    fail(ErrorId::capture,
         fmt::format("a graph of {} is updated by a capture on {}",
                     state_->device.to_string(), stream.device().to_string()),
         {where, {}, "capture in a stream of the graph's device"});
  GraphCapture scope(stream, where);
  work();
  return state_->take(scope.end());
}

void Graph::State::replay_on_gpu(const Stream &stream,
                                 std::source_location where) {
  gpu->require_alive();
  const cuda::ContextScope scope(*gpu);
  const std::lock_guard lock(launching);
  std::string its_name;
  const auto captured = current(&its_name);
  Capture *outer = capture_on(device);
  // In another capture it becomes a part of that one.
  if (!outer && (!any_noted || noted != stream.native())) {
    for (const auto &memory : captured->memory)
      cuda::DevicePool::note_use(memory, stream);
    for (const auto &owner : captured->kept)
      cuda::DevicePool::note_use(std::const_pointer_cast<void>(owner), stream);
    noted = stream.native();
    any_noted = true;
  }
  const auto *site =
      cuda::intern_site(its_name, where.file_name(), where.line());
  gpu->check(gpu->api().cuGraphLaunch(exec, stream.native()), "cuGraphLaunch",
             site);
  if (outer)
    return;
  gpu->note_launch(site);
  if (env_has("GIRIH_DEBUG", "sync"))
    gpu->wait_for_launch(stream.native(), site);
}

void Graph::launch(const Stream &stream, std::source_location where) const {
  if (!state_)
    fail(ErrorId::capture, "an empty Graph is launched",
         {where, {}, "make it with Graph::capture()"});
  if (stream.bound() && stream.device() != state_->device)
    fail(ErrorId::device,
         fmt::format("a graph of {} cannot be launched in a stream of {}",
                     state_->device.to_string(), stream.device().to_string()),
         {where, {}, "launch it in a stream of its device"});
  Capture *outer = capture_on(state_->device);
  if (outer) {
    outer->keep(state_);
    outer->name_kernel("graph");
  }
  if (state_->gpu) {
    state_->replay_on_gpu(outer && !stream.bound() ? outer->stream : stream,
                          where);
    return;
  }
  const auto captured = state_->current();
  const auto run = [captured] {
    for (const auto &step : captured->steps)
      step();
  };
  if (outer)
    outer->work.steps.emplace_back(run);
  else
    run();
}

Graph::State &Graph::state() const {
  if (!state_)
    fail(ErrorId::capture, "an empty Graph has no device and no size",
         {{}, {}, "make it with Graph::capture()"});
  return *state_;
}

Device Graph::device() const { return state().device; }

std::size_t Graph::size() const {
  State &own = state();
  const std::lock_guard lock(own.mutex);
  return own.size;
}

} // namespace girih
