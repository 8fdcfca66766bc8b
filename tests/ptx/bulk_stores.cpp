// SPDX-License-Identifier: Apache-2.0
#include "bulk_stores.h"

#include <utility>

namespace girih::testing {

void BulkStores::start(std::int64_t at, std::int64_t size,
                       std::function<Write()> read) {
  memory.hold(at, size);
  open.push_back({at, size, std::move(read)});
}

void BulkStores::commit() { groups.push_back({std::exchange(open, {}), {}}); }

void BulkStores::read(Group &group) {
  for (const Copy &copy : std::exchange(group.copies, {})) {
    group.writes.push_back(copy.read());
    memory.release(copy.at, copy.size);
  }
}

void BulkStores::awaitRead(std::size_t pending) {
  for (std::size_t i = 0; i + pending < groups.size(); ++i)
    read(groups[i]);
}

void BulkStores::awaitDone(std::size_t pending) {
  awaitRead(pending);
  for (; groups.size() > pending; groups.pop_front())
    for (const Write &write : groups.front().writes)
      write();
}

} // namespace girih::testing
