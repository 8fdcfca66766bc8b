// SPDX-License-Identifier: Apache-2.0
// How far a sweep is: a bar on a terminal, a line a problem elsewhere.
#pragma once

#include "girih/autotune/search.h"

#include <chrono>
#include <string>

namespace girih::autotune {

class Progress : public SearchListener {
public:
  /// `budget` seconds at most for each case; 0: nobody knows.
  Progress(std::size_t cases, double budget);

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
  double part_of_case(const SearchResult &so_far, std::size_t planned) const;
  std::string left(double part) const;

  bool terminal_;
  std::size_t cases_, done_ = 0, searched_ = 0;
  double budget_, searched_seconds_ = 0; // of cases that took any
  std::chrono::steady_clock::time_point began_, drawn_;
  std::size_t width_ = 0; // of what is drawn
};

} // namespace girih::autotune
