# SPDX-License-Identifier: Apache-2.0
# Writes OUTPUT, a header with a hash over LLVM's version and the files listed in LIST: code of one build of the compiler
# is never taken for that of another. Run by cmake -P.
file(STRINGS "${LIST}" files)
set(hashes "${VERSION} ${LLVM}")
foreach(file IN LISTS files)
  file(SHA256 "${file}" hash)
  string(APPEND hashes ${hash})
endforeach()
string(SHA256 hash "${hashes}")
string(SUBSTRING ${hash} 0 16 hash)
file(WRITE "${OUTPUT}" "// SPDX-License-Identifier: Apache-2.0\n#define GIRIH_BUILD_ID \"${VERSION}-${hash}\"\n")
