// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/weights/copy_progress.h"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <utility>

namespace girih::llm {

CopyMeter::CopyMeter(std::int64_t tensors, std::int64_t bytes,
                     OnCopyProgress on_progress)
    : progress_{0, tensors, 0, bytes}, on_progress_(std::move(on_progress)) {
  if (on_progress_)
    on_progress_(progress_);
}

void CopyMeter::add(const StoredTensor &copied) {
  ++progress_.tensors_done;
  progress_.bytes_done += static_cast<std::int64_t>(copied.bytes.size());
  if (on_progress_)
    on_progress_(progress_);
}

std::string progress_line(const CopyProgress &progress, int width) {
  const double share =
      progress.bytes > 0 ? std::clamp(static_cast<double>(progress.bytes_done) /
                                          static_cast<double>(progress.bytes),
                                      0.0, 1.0)
                         : 1.0;
  const auto full = static_cast<int>(share * width);
  const bool large = progress.bytes >= 1'000'000'000;
  const double unit = large ? 1e9 : 1e6;
  return fmt::format("[{:#<{}}{:.<{}}] {:3.0f}%  {:.1f} of {:.1f} {}", "", full,
                     "", width - full, 100 * share,
                     static_cast<double>(progress.bytes_done) / unit,
                     static_cast<double>(progress.bytes) / unit,
                     large ? "GB" : "MB");
}

ProgressBar::ProgressBar(std::FILE *stream)
    : ProgressBar(stream, ::isatty(::fileno(stream)) == 1) {}

ProgressBar::ProgressBar(std::FILE *stream, bool terminal)
    : stream_(stream), terminal_(terminal) {}

ProgressBar::~ProgressBar() {
  if (!drawn_)
    return;
  std::fputs("\r\x1b[K", stream_);
  std::fflush(stream_);
}

void ProgressBar::show(const CopyProgress &progress) {
  const auto now = std::chrono::steady_clock::now();
  if (!terminal_ || now < next_)
    return;
  next_ = now + std::chrono::milliseconds(50);
  drawn_ = true;
  std::fputs(("\r" + progress_line(progress) + "\x1b[K").c_str(), stream_);
  std::fflush(stream_);
}

} // namespace girih::llm
