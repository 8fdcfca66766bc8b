// SPDX-License-Identifier: Apache-2.0
// What the emulator does with stores of the copy engine, and what it refuses.
#include "bulk_stores.h"

#include <gtest/gtest.h>

using namespace girih::testing;

namespace {

struct BulkStoresTest : ::testing::Test {
  std::vector<char> shared = std::vector<char>(64, 'a');
  std::vector<char> operand = std::vector<char>(64, '-');
  MatrixUnit memory{shared};
  BulkStores stores{memory};

  /// Thread 3 writes 16 bytes of shared memory.
  void write(std::int64_t at, char value) {
    std::fill_n(shared.begin() + at, 16, value);
    memory.wrote(3, at, 16);
  }

  /// Asks for these 16 bytes to be stored, as a group.
  void store(std::int64_t at) {
    stores.start(at, 16, [this, at]() -> BulkStores::Write {
      std::vector<char> bytes(shared.begin() + at, shared.begin() + at + 16);
      return [this, at, bytes] {
        std::copy(bytes.begin(), bytes.end(), operand.begin() + at);
      };
    });
    stores.commit();
  }
};

TEST_F(BulkStoresTest, AreSeenOnceTheyAreWaitedFor) {
  write(16, 'b');
  memory.fence(3);
  store(16);
  EXPECT_EQ(operand[16], '-');
  stores.awaitRead(0);
  EXPECT_EQ(operand[16], '-');
  // Memory is free from then on.
  write(16, 'c');
  EXPECT_FALSE(stores.isIdle());
  stores.awaitDone(0);
  EXPECT_EQ(operand[16], 'b');
  EXPECT_TRUE(stores.isIdle());
  EXPECT_EQ(memory.error, "");
}

TEST_F(BulkStoresTest, TheLastGroupsMayBeInFlight) {
  write(0, 'b');
  write(16, 'c');
  memory.fence(3);
  store(0);
  store(16);
  stores.awaitRead(1);
  write(0, 'd');
  EXPECT_EQ(memory.error, "");
  stores.awaitDone(1);
  EXPECT_EQ(operand[0], 'b');
  EXPECT_EQ(operand[16], '-');
  EXPECT_FALSE(stores.isIdle());
  write(16, 'e');
  EXPECT_NE(memory.error.find("overwritten"), std::string::npos);
}

TEST_F(BulkStoresTest, ReadOnlyWhatAFenceHasPassed) {
  write(16, 'b');
  memory.fence(2); // another thread's
  store(16);
  EXPECT_NE(memory.error.find("no proxy fence"), std::string::npos);
}

TEST_F(BulkStoresTest, ReadOnlySharedMemory) {
  store(56);
  EXPECT_NE(memory.error.find("shared memory at 56"), std::string::npos);
}

TEST_F(BulkStoresTest, AreInFlightUntilTheirGroupIsClosed) {
  stores.start(0, 16, []() -> BulkStores::Write { return [] {}; });
  stores.awaitDone(0);
  EXPECT_FALSE(stores.isIdle());
}

} // namespace
