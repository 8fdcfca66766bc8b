// SPDX-License-Identifier: Apache-2.0
// Mistakes while work is captured, and with graphs.
#include "expect_error.h"

#include "girih/girih.h"
#include "girih/tests/runtime/test_kernels.h"

namespace girih::testing {
namespace {

struct RuntimeCaptureErrors : ::testing::Test {
  const Stream stream = Stream::create(host_device);
  const Array a = Array::zeros({4}, f32, host_device);
  const Array c = Array::zeros({4}, f32, host_device);
  const Graph graph = Graph::capture(stream, [&] { make_add()(a, a, c); });
};

TEST_F(RuntimeCaptureErrors, DefaultStream) {
  expect_error(ErrorId::capture, [] { AT, Graph::capture(Stream(), [] {}); });
  // What the driver calls the legacy stream is the same.
  const Stream legacy = Stream::wrap(nullptr, cuda_device());
  expect_error(ErrorId::capture, [&] { AT, Graph::capture(legacy, [] {}); });
}

TEST_F(RuntimeCaptureErrors, CaptureInACapture) {
  expect_error(ErrorId::capture, [&] {
    Graph::capture(stream, [&] { AT, Graph::capture(stream, [] {}); });
  });
}

TEST_F(RuntimeCaptureErrors, ResultsAreReadInACapture) {
  expect_error(ErrorId::capture,
               [&] { Graph::capture(stream, [&] { c.to_vector(); }); });
  expect_error(ErrorId::capture,
               [&] { Graph::capture(stream, [&] { c.to(bf16); }); });
  expect_error(ErrorId::capture, [&] {
    Graph::capture(stream, [&] {
      const double values[] = {1};
      Array::from(values, {1}, f32, host_device);
    });
  });
  expect_error(ErrorId::capture,
               [&] { Graph::capture(stream, [&] { stream.synchronize(); }); });
}

TEST_F(RuntimeCaptureErrors, EmptyGraph) {
  expect_error(ErrorId::capture, [] { AT, Graph().launch(); });
  expect_error(ErrorId::capture, [] { Graph().device(); });
}

TEST_F(RuntimeCaptureErrors, StreamOfAnotherDevice) {
  const Stream other = Stream::wrap(nullptr, cuda_device());
  expect_error(ErrorId::device, [&] { AT, graph.launch(other); });
  Graph updated = graph;
  expect_error(ErrorId::capture, [&] { AT, updated.update(other, [] {}); });
}

TEST_F(RuntimeCaptureErrors, MistakesOfTheCapturedCall) {
  const Kernel add = make_add();
  expect_error(ErrorId::overlap,
               [&] { Graph::capture(stream, [&] { AT, add(a, c, a); }); });
  add(a, a, c); // the capture is over
}

TEST_F(RuntimeCaptureErrors, FinishedTwice) {
  GraphCapture scope(stream);
  scope.finish();
  expect_error(ErrorId::capture, [&] {
    expected_line = __LINE__ - 3;
    scope.finish();
  });
}

TEST(RuntimePoolErrors, NegativeSizes) {
  expect_error(ErrorId::argument, [] { trim_pool(host_device, -1); });
  expect_error(ErrorId::argument, [] { set_pool_limit(host_device, -1); });
}

} // namespace
} // namespace girih::testing
