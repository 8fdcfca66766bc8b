// SPDX-License-Identifier: Apache-2.0
// Arrays as DLPack tensors and back. The structures stand here once more, as
// the specification has them, in the way that a user's <dlpack/dlpack.h> would.
#include "fake_driver.h"

#include "girih/dsl/support/diagnostics.h"
#include "girih/runtime/array.h"

#include <gtest/gtest.h>

#include <array>

extern "C" {
typedef struct {
  int32_t device_type;
  int32_t device_id;
} DLDevice;
typedef struct {
  uint8_t code;
  uint8_t bits;
  uint16_t lanes;
} DLDataType;
typedef struct {
  void *data;
  DLDevice device;
  int32_t ndim;
  DLDataType dtype;
  int64_t *shape;
  int64_t *strides;
  uint64_t byte_offset;
} DLTensor;
typedef struct DLManagedTensor {
  DLTensor dl_tensor;
  void *manager_ctx;
  void (*deleter)(struct DLManagedTensor *self);
} DLManagedTensor;
typedef struct {
  uint32_t major;
  uint32_t minor;
} DLPackVersion;
typedef struct DLManagedTensorVersioned {
  DLPackVersion version;
  void *manager_ctx;
  void (*deleter)(struct DLManagedTensorVersioned *self);
  uint64_t flags;
  DLTensor dl_tensor;
} DLManagedTensorVersioned;
}

namespace girih {
namespace {

using testing::FakeDevice;
using testing::FakeDriver;
using Values = std::vector<double>;

template <class Call> std::string error_of(ErrorId id, Call run) {
  try {
    run();
  } catch (const RuntimeError &error) {
    EXPECT_EQ(error.id(), id) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "no RuntimeError";
  return {};
}

/// A tensor of "another library" over memory of the test's.
template <class Managed> struct Foreign {
  std::array<float, 6> memory{1, 2, 3, 4, 5, 6};
  std::array<std::int64_t, 2> shape{2, 3}, strides{3, 1};
  int deleted = 0;
  Managed managed{};

  Foreign() {
    managed.dl_tensor = {memory.data(), {1, 0},         2, {2, 32, 1},
                         shape.data(),  strides.data(), 0};
    managed.manager_ctx = this;
    managed.deleter = [](Managed *self) {
      ++static_cast<Foreign *>(self->manager_ctx)->deleted;
    };
    if constexpr (requires { managed.version; })
      managed.version = {1, 1};
  }
  DLTensor &tensor() { return managed.dl_tensor; }
};

template <class Managed> struct DlpackImport : ::testing::Test {
  Foreign<Managed> foreign;
  Array take() { return Array::from_dlpack(&foreign.managed); }
};
using BothForms = ::testing::Types<DLManagedTensor, DLManagedTensorVersioned>;
TYPED_TEST_SUITE(DlpackImport, BothForms);

TYPED_TEST(DlpackImport, SharesTheMemoryAndDeletesOnce) {
  auto &foreign = this->foreign;
  {
    const Array array = this->take();
    EXPECT_EQ(array.data(), foreign.memory.data());
    EXPECT_EQ(array.dtype(), f32);
    EXPECT_EQ(array.device(), host_device);
    EXPECT_EQ(array.to_vector(), (Values{1, 2, 3, 4, 5, 6}));
    const Array view = array.transpose(0, 1);
    EXPECT_EQ(view.to_vector(), (Values{1, 4, 2, 5, 3, 6}));
  }
  EXPECT_EQ(foreign.deleted, 1);
}

TYPED_TEST(DlpackImport, StridesOffsetAndNoDeleter) {
  auto &foreign = this->foreign;
  foreign.shape = {2, 2};
  foreign.strides = {1, 3};
  foreign.tensor().byte_offset = 4;
  foreign.managed.deleter = nullptr;
  EXPECT_EQ(this->take().to_vector(), (Values{2, 5, 3, 6}));
  foreign.tensor().strides = nullptr; // row major
  EXPECT_EQ(this->take().to_vector(), (Values{2, 3, 4, 5}));
}

TYPED_TEST(DlpackImport, WhatIsRefusedIsDeletedToo) {
  auto &foreign = this->foreign;
  int refused = 0;
  const auto refuse = [&](ErrorId id) {
    error_of(id, [&] { this->take(); });
    EXPECT_EQ(foreign.deleted, ++refused);
    foreign.tensor().device = {1, 0};
    foreign.tensor().dtype = {2, 32, 1};
    foreign.tensor().ndim = 2;
    foreign.tensor().shape = foreign.shape.data();
    foreign.tensor().data = foreign.memory.data();
    foreign.tensor().byte_offset = 0;
  };
  foreign.tensor().device.device_type = 10; // ROCm
  refuse(ErrorId::dlpack);
  foreign.tensor().dtype = {5, 64, 1}; // complex
  refuse(ErrorId::dlpack);
  foreign.tensor().dtype.lanes = 4;
  refuse(ErrorId::dlpack);
  foreign.tensor().ndim = 9;
  refuse(ErrorId::dlpack);
  foreign.tensor().ndim = -1;
  refuse(ErrorId::dlpack);
  foreign.tensor().shape = nullptr;
  refuse(ErrorId::dlpack);
  foreign.tensor().data = nullptr;
  refuse(ErrorId::null_pointer);
  foreign.tensor().byte_offset = 2;
  refuse(ErrorId::argument); // misaligned
}

TEST(Dlpack, NullTensor) {
  error_of(ErrorId::argument,
           [] { Array::from_dlpack(static_cast<DLManagedTensor *>(nullptr)); });
  error_of(ErrorId::argument, [] {
    Array::from_dlpack(static_cast<DLManagedTensorVersioned *>(nullptr));
  });
}

TEST(Dlpack, VersionAndFlags) {
  Foreign<DLManagedTensorVersioned> foreign;
  foreign.managed.flags = 1;
  EXPECT_TRUE(Array::from_dlpack(&foreign.managed).read_only());
  foreign.managed.flags = 0;
  EXPECT_FALSE(Array::from_dlpack(&foreign.managed).read_only());
  foreign.managed.flags = 4; // padded
  error_of(ErrorId::dlpack, [&] { Array::from_dlpack(&foreign.managed); });
  foreign.managed.flags = 0;
  foreign.managed.version = {2, 0};
  EXPECT_NE(
      error_of(ErrorId::dlpack, [&] { Array::from_dlpack(&foreign.managed); })
          .find("2.0"),
      std::string::npos);
  EXPECT_EQ(foreign.deleted, 4);
}

TEST(Dlpack, EveryDtypeGoesAndComesBack) {
  for (int number = 0; number < dtype_count; ++number) {
    const auto dtype = static_cast<DType>(number);
    const Array array = Array::zeros({2, 4}, dtype, host_device);
    DLManagedTensor *plain = array.to_dlpack();
    EXPECT_EQ(plain->dl_tensor.dtype.bits, bits(dtype)) << name(dtype);
    const Array back = Array::from_dlpack(plain);
    EXPECT_EQ(back.dtype(), dtype) << name(dtype);
    EXPECT_EQ(back.data(), array.data());
    EXPECT_EQ(Array::from_dlpack(array.to_dlpack_versioned()).dtype(), dtype);
  }
}

TEST(Dlpack, ExportsKeepTheMemoryAlive) {
  DLManagedTensorVersioned *exported = nullptr;
  {
    const Array array =
        Array::from(Values{1, 2, 3, 4, 5, 6}, {2, 3}, f64, host_device);
    exported = array.transpose(0, 1).slice(0, 1, 3).to_dlpack_versioned();
  }
  EXPECT_EQ(exported->version.major, 1u);
  EXPECT_EQ(exported->flags, 0u);
  const DLTensor &tensor = exported->dl_tensor;
  EXPECT_EQ(tensor.ndim, 2);
  EXPECT_EQ(tensor.shape[0], 2);
  EXPECT_EQ(tensor.shape[1], 2);
  EXPECT_EQ(tensor.strides[0], 1);
  EXPECT_EQ(tensor.strides[1], 3);
  EXPECT_EQ(static_cast<const double *>(tensor.data)[3], 5);
  exported->deleter(exported);
}

TEST(Dlpack, ReadOnlyNeedsTheVersionedForm) {
  const Array array = Array::zeros({2}, f32, host_device).as_read_only();
  error_of(ErrorId::dlpack, [&] { array.to_dlpack(); });
  DLManagedTensorVersioned *exported = array.to_dlpack_versioned();
  EXPECT_EQ(exported->flags, 1u);
  EXPECT_TRUE(Array::from_dlpack(exported).read_only());
}

TEST(Dlpack, MemoryOfAGpu) {
  FakeDriver driver({FakeDevice{}, FakeDevice{}});
  const Array array = Array::from(Values{1, 2}, {2}, f32, cuda_device(1));
  DLManagedTensor *exported = array.to_dlpack();
  EXPECT_EQ(exported->dl_tensor.device.device_type, 2);
  EXPECT_EQ(exported->dl_tensor.device.device_id, 1);
  const Array back = Array::from_dlpack(exported);
  EXPECT_EQ(back.device(), cuda_device(1));
  EXPECT_EQ(back.to_vector(), (Values{1, 2}));
}

} // namespace
} // namespace girih
