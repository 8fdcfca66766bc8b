// SPDX-License-Identifier: Apache-2.0
#include "ptx_print.h"

#include "ptx_interpreter.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/bit.h"

#include <cstdio>
#include <cstring>
#include <utility>

static std::string &printedText() {
  static std::string text;
  return text;
}

namespace girih::testing {

std::string takePrinted() { return std::exchange(printedText(), {}); }

} // namespace girih::testing

extern "C" std::int32_t emulated_vprintf(const char *pattern,
                                         const char *arguments) {
  std::string line;
  for (llvm::StringRef rest(pattern); !rest.empty();) {
    char buffer[64] = {rest.front()};
    bool integer = rest.consume_front("%lld");
    llvm::StringRef format = rest.substr(0, rest.find('g') + 1);
    bool real =
        !integer && format.starts_with("%.") && rest.consume_front(format);
    bool word = !integer && !real && rest.consume_front("%s");
    if (integer || real || word) {
      std::int64_t bits;
      std::memcpy(&bits, arguments, 8);
      arguments += 8;
      if (integer)
        snprintf(buffer, sizeof(buffer), "%lld", static_cast<long long>(bits));
      else if (word)
        snprintf(buffer, sizeof(buffer), "%s",
                 reinterpret_cast<const char *>(bits));
      else
        snprintf(buffer, sizeof(buffer), format.str().c_str(),
                 llvm::bit_cast<double>(bits));
    } else if (!rest.consume_front("%%")) {
      rest = rest.drop_front();
    }
    line += buffer;
  }
  printedText() += line;
  return 0;
}
