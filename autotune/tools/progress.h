// SPDX-License-Identifier: Apache-2.0
// How far a sweep is: a bar on a terminal, a line a problem elsewhere.
#pragma once

#include "girih/autotune/search.h"

#include <chrono>
#include <string>

namespace girih::autotune {

class Progress : public SearchListener {
public:
  explicit Progress(std::size_t cases);

  void begin(const Problem &problem, std::size_t candidates) override;
  void tried(const SearchResult &so_far, std::size_t planned) override;
  void end(const SearchResult &result) override;
  /// A line of its own.
  void say(const std::string &line);
  /// The next case.
  void next() { ++done_; }
  void finish();

private:
  void draw(const std::string &text);
  std::string left(double part) const;

  bool terminal_;
  std::size_t cases_, done_ = 0, tried_here_ = 0;
  std::chrono::steady_clock::time_point start_, drawn_;
  std::size_t width_ = 0; // of what is drawn
};

} // namespace girih::autotune
