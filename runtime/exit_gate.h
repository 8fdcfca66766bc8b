// SPDX-License-Identifier: Apache-2.0
// Compiling while the process exits. Not installed.
#pragma once

namespace girih {

/// Held while code is made or loaded. At exit() the objects of static storage
/// that it uses (LLVM's options among them) are destroyed while other threads
/// may still compile: exit() therefore waits for those inside, and who comes
/// later waits until the process is gone. The thread that exits may still pass,
/// as destructors of static storage may call kernels.
class ExitGate {
public:
  ExitGate();
  ~ExitGate();
  ExitGate(const ExitGate &) = delete;
  ExitGate &operator=(const ExitGate &) = delete;
};

} // namespace girih
