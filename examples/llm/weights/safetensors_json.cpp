// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/weights/safetensors_json.h"

#include "girih/examples/llm/files/json.h"

#include <nlohmann/json.hpp>

#include <unordered_set>
#include <utility>

namespace girih::llm {
namespace {

using nlohmann::json;

constexpr SafetensorsDtype dtypes[] = {
    {"BOOL", 8, DType::b1},
    {"F4", 4, DType::e2m1},
    {"F6_E2M3", 6, {}},
    {"F6_E3M2", 6, {}},
    {"U8", 8, DType::u8},
    {"I8", 8, DType::i8},
    {"F8_E5M2", 8, DType::e5m2},
    {"F8_E4M3", 8, DType::e4m3},
    {"F8_E8M0", 8, DType::ue8m0},
    {"F8_E4M3FNUZ", 8, {}},
    {"F8_E5M2FNUZ", 8, {}},
    {"I16", 16, DType::i16},
    {"U16", 16, {}},
    {"F16", 16, DType::f16},
    {"BF16", 16, DType::bf16},
    {"I32", 32, DType::i32},
    {"U32", 32, {}},
    {"F32", 32, DType::f32},
    {"C64", 64, {}},
    {"F64", 64, DType::f64},
    {"I64", 64, DType::i64},
    {"U64", 64, {}},
};

// More dimensions than any Array has; the format itself knows no limit.
constexpr std::size_t most_rank = 64;
constexpr std::size_t most_depth = 64;

// Where the parser is: each state is one kind of value that may come next.
enum class State {
  start,    // the object of all
  tensors,  // its keys
  tensor,   // a tensor's object, or __metadata__'s
  fields,   // keys of a tensor
  dtype,    // its string
  shape,    // '[', then numbers until ']'
  offsets,  // the same, two of them
  metadata, // keys and strings
  skipped,  // a field that the format does not know
  done,
};

class HeaderReader : public nlohmann::json_sax<json> {
public:
  explicit HeaderReader(SafetensorsHeader &header) : header_(header) {}

  bool null() override {
    if (state_ == State::tensor && in_metadata_)
      return to(State::tensors);
    return scalar("null");
  }
  bool boolean(bool) override { return scalar("true or false"); }
  bool number_integer(number_integer_t) override {
    return scalar("a negative number");
  }
  bool number_float(number_float_t, const string_t &) override {
    return scalar("a number that is not whole, or too large");
  }
  bool binary(binary_t &) override { return false; }

  bool number_unsigned(number_unsigned_t value) override {
    if ((state_ != State::shape && state_ != State::offsets) || !in_list_)
      return scalar("a number");
    const bool shape = state_ == State::shape;
    if (numbers_.size() == (shape ? most_rank : 2))
      return fail(shape ? "shape has too many dimensions"
                        : "data_offsets has more than two numbers");
    numbers_.push_back(value);
    return true;
  }

  bool string(string_t &value) override {
    if (state_ == State::metadata) {
      header_.metadata[name_] = std::move(value);
      return true;
    }
    if (state_ != State::dtype)
      return scalar("a string");
    for (const SafetensorsDtype &each : dtypes)
      if (each.name == value) {
        tensor_.type = &each;
        return to(State::fields);
      }
    return fail("dtype '" + printable(value) + "' is not known");
  }

  bool start_object(std::size_t) override {
    switch (state_) {
    case State::start:
      return to(State::tensors);
    case State::tensor:
      seen_ = 0;
      return to(in_metadata_ ? State::metadata : State::fields);
    case State::skipped:
      return deeper();
    default:
      return scalar("an object");
    }
  }

  bool end_object() override {
    switch (state_) {
    case State::tensors:
      return to(State::done);
    case State::metadata:
      return to(State::tensors);
    case State::fields:
      return end_tensor();
    default:
      return shallower();
    }
  }

  bool start_array(std::size_t) override {
    if (state_ == State::skipped)
      return deeper();
    if ((state_ != State::shape && state_ != State::offsets) || in_list_)
      return scalar("a list");
    in_list_ = true;
    numbers_.clear();
    return true;
  }

  bool end_array() override {
    if (state_ == State::skipped)
      return shallower();
    in_list_ = false;
    if (state_ == State::shape)
      return end_shape();
    if (numbers_.size() != 2)
      return fail("data_offsets must be two numbers");
    tensor_.begin = numbers_[0];
    tensor_.end = numbers_[1];
    return to(State::fields);
  }

  bool key(string_t &name) override {
    if (state_ == State::skipped)
      return true;
    if (state_ == State::fields)
      return field(name);
    if (state_ == State::metadata) {
      name_ = std::move(name);
      return !header_.metadata.contains(name_) || fail("is there twice");
    }
    name_ = std::move(name);
    in_metadata_ = name_ == "__metadata__";
    if (!names_.insert(name_).second)
      return fail("is there twice");
    return to(State::tensor);
  }

  bool parse_error(std::size_t position, const std::string &,
                   const json::exception &error) override {
    position_ = position;
    problem_ = "is not valid JSON: " + plain_json_message(error.what());
    return false;
  }

  HeaderProblem problem(std::string_view text) const {
    if (position_)
      return {"header, " + place_in_text(text, *position_), problem_};
    return {printable(name_), problem_};
  }

private:
  enum Field : unsigned { has_dtype = 1, has_shape = 2, has_offsets = 4 };

  bool to(State state) {
    state_ = state;
    return true;
  }
  bool fail(std::string problem) {
    problem_ = std::move(problem);
    return false;
  }

  // A value where the format wants another one, unless nobody looks at it.
  bool scalar(const char *found) {
    if (state_ == State::skipped)
      return depth_ > 0 || to(State::fields);
    const char *wanted = state_ == State::start      ? "an object of tensors"
                         : state_ == State::tensor   ? "an object"
                         : state_ == State::dtype    ? "a string as dtype"
                         : state_ == State::metadata ? "a string as metadata"
                         : in_list_                  ? "whole numbers in a list"
                                                     : "a list of numbers";
    return fail(std::string("has ") + found + " where the format wants " +
                wanted);
  }

  bool deeper() { return ++depth_ < most_depth || fail("is nested too deep"); }
  bool shallower() { return --depth_ > 0 || to(State::fields); }

  bool field(const std::string &name) {
    struct Known {
      std::string_view name;
      Field bit;
      State state;
    };
    static constexpr Known known[] = {
        {"dtype", has_dtype, State::dtype},
        {"shape", has_shape, State::shape},
        {"data_offsets", has_offsets, State::offsets}};
    for (const Known &each : known)
      if (each.name == name) {
        if (seen_ & each.bit)
          return fail("has " + name + " twice");
        seen_ |= each.bit;
        return to(each.state);
      }
    depth_ = 0;
    return to(State::skipped);
  }

  bool end_shape() {
    tensor_.shape.clear();
    for (std::uint64_t size : numbers_)
      tensor_.shape.push_back(static_cast<std::int64_t>(size));
    return to(State::fields);
  }

  bool end_tensor() {
    if (seen_ != (has_dtype | has_shape | has_offsets))
      return fail(std::string("has no ") + (!(seen_ & has_dtype) ? "dtype"
                                            : !(seen_ & has_shape)
                                                ? "shape"
                                                : "data_"
                                                  "offsets"));
    tensor_.name = name_;
    header_.tensors.push_back(tensor_);
    return to(State::tensors);
  }

  SafetensorsHeader &header_;
  State state_ = State::start;
  std::string name_; // of the tensor, or the key of metadata
  std::unordered_set<std::string> names_;
  SafetensorsTensor tensor_{};
  std::vector<std::uint64_t> numbers_;
  unsigned seen_ = 0;
  std::size_t depth_ = 0; // within a field that is skipped
  bool in_metadata_ = false, in_list_ = false;
  std::string problem_;
  std::optional<std::size_t> position_;
};

} // namespace

std::optional<HeaderProblem> read_safetensors_json(std::string_view text,
                                                   SafetensorsHeader &header) {
  if (std::optional<std::size_t> zero = zero_byte_in_json(text))
    return HeaderProblem{"header, " + place_in_text(text, *zero),
                         "is not valid JSON: there is a byte 0"};
  HeaderReader reader(header);
  if (json::sax_parse(text.begin(), text.end(), &reader))
    return std::nullopt;
  return reader.problem(text);
}

} // namespace girih::llm
