// SPDX-License-Identifier: Apache-2.0
// How far the copying of a model's weights is, and a bar that shows it.
#pragma once

#include "girih/examples/llm/weights/weight_files.h"

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>

namespace girih::llm {

struct CopyProgress {
  std::int64_t tensors_done = 0, tensors = 0;
  std::int64_t bytes_done = 0, bytes = 0;
};

/// Called after each tensor, by the thread that copies.
using OnCopyProgress = std::function<void(const CopyProgress &)>;

/// Counts tensors as they are copied.
class CopyMeter {
public:
  /// Of so many tensors and bytes; `on_progress` may be empty. It is called at
  /// once, with nothing done.
  CopyMeter(std::int64_t tensors, std::int64_t bytes,
            OnCopyProgress on_progress);

  void add(const StoredTensor &copied);
  const CopyProgress &progress() const { return progress_; }

private:
  CopyProgress progress_;
  OnCopyProgress on_progress_;
};

/// One line of a terminal, drawn again at most every 50 ms and cleared at the
/// end; nothing where the stream is no terminal.
class ProgressBar {
public:
  explicit ProgressBar(std::FILE *stream = stderr);
  /// The same, told whether the stream is a terminal.
  ProgressBar(std::FILE *stream, bool terminal);
  ProgressBar(const ProgressBar &) = delete;
  ProgressBar &operator=(const ProgressBar &) = delete;
  ~ProgressBar();

  void show(const CopyProgress &progress);

private:
  std::FILE *stream_;
  bool terminal_, drawn_ = false;
  std::chrono::steady_clock::time_point next_{};
};

/// "[######....]  60%  1.9 of 3.1 GB".
std::string progress_line(const CopyProgress &progress, int width = 30);

} // namespace girih::llm
