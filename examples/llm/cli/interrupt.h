// SPDX-License-Identifier: Apache-2.0
// Ctrl-C.
#pragma once

namespace girih::llm {

/// From its construction on the first Ctrl-C is only noted, so that what is
/// under way can end well; the second one ends the process. One at a time.
class InterruptScope {
public:
  InterruptScope();
  ~InterruptScope();
  InterruptScope(const InterruptScope &) = delete;
  InterruptScope &operator=(const InterruptScope &) = delete;

  bool interrupted() const;
};

} // namespace girih::llm
