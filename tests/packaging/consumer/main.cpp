// SPDX-License-Identifier: Apache-2.0
#include <girih/version.h>

#include <cstdio>

#if __has_include(<girih/girih.h>)
#include <girih/girih.h>
#endif

int main() {
  std::printf("girih %s\n", GIRIH_VERSION);
  return 0;
}
