// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/files/json.h"

#include "girih/examples/llm/error.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace girih::llm {
namespace {

using nlohmann::json;

// Builds the tree from the parser's events. The first thing that is wrong stops
// the parser.
class TreeBuilder : public nlohmann::json_sax<json> {
public:
  TreeBuilder(const JsonLimits &limits) : limits_(limits) {}

  bool null() override { return add(nullptr) != nullptr; }
  bool boolean(bool value) override { return add(value) != nullptr; }
  bool number_integer(number_integer_t value) override {
    return add(value) != nullptr;
  }
  bool number_unsigned(number_unsigned_t value) override {
    return add(value) != nullptr;
  }
  bool number_float(number_float_t value, const string_t &) override {
    return add(value) != nullptr;
  }
  bool string(string_t &value) override {
    return add(std::move(value)) != nullptr;
  }
  bool binary(binary_t &) override { return false; }

  bool start_object(std::size_t) override { return open(json::object()); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(json::array()); }
  bool end_array() override { return close(); }

  bool key(string_t &name) override {
    auto &members = open_.back()->get_ref<json::object_t &>();
    auto [place, inserted] = members.emplace(std::move(name), nullptr);
    if (!inserted)
      return fail("has the key '" + printable(place->first) +
                  "' twice in an object");
    member_ = &place->second;
    return true;
  }

  bool parse_error(std::size_t position, const std::string &,
                   const json::exception &error) override {
    position_ = position;
    return fail("is not valid JSON: " + plain_json_message(error.what()));
  }

  json take() { return std::move(root_); }
  const std::string &problem() const { return problem_; }
  // Of the problem, where the parser knows it.
  std::optional<std::size_t> position() const { return position_; }

private:
  bool fail(std::string problem) {
    problem_ = std::move(problem);
    return false;
  }

  bool open(json value) {
    if (open_.size() == limits_.depth)
      return fail("is nested deeper than " + std::to_string(limits_.depth) +
                  " levels");
    json *place = add(std::move(value));
    if (!place)
      return false;
    open_.push_back(place);
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  // Elements of an open array only move when the array itself grows, and then
  // none of them is open.
  json *add(json value) {
    if (++values_ > limits_.values) {
      fail("has more than " + std::to_string(limits_.values) + " values");
      return nullptr;
    }
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    if (open_.back()->is_array()) {
      auto &elements = open_.back()->get_ref<json::array_t &>();
      elements.push_back(std::move(value));
      return &elements.back();
    }
    *member_ = std::move(value);
    return member_;
  }

  const JsonLimits &limits_;
  json root_;
  std::vector<json *> open_;
  json *member_ = nullptr;
  std::size_t values_ = 0;
  std::string problem_;
  std::optional<std::size_t> position_;
};

} // namespace

std::string place_in_text(std::string_view text, std::size_t byte) {
  std::string_view before = text.substr(0, byte);
  auto lines = std::count(before.begin(), before.end(), '\n');
  std::size_t start = before.rfind('\n');
  std::size_t column = start == std::string_view::npos
                           ? before.size()
                           : before.size() - start - 1;
  // A text that ends too early is wrong after its last byte.
  column += byte > text.size();
  return "line " + std::to_string(lines + 1) + ", column " +
         std::to_string(std::max<std::size_t>(column, 1));
}

std::optional<std::size_t> zero_byte_in_json(std::string_view text) {
  const std::size_t at = text.find('\0');
  return at == std::string_view::npos ? std::nullopt : std::optional(at + 1);
}

std::string printable(std::string_view text) {
  constexpr std::size_t most = 160;
  std::string out(text.substr(0, most));
  for (char &c : out)
    if (c < ' ' || c > '~')
      c = '?';
  return text.size() > most ? out + "..." : out;
}

std::string plain_json_message(std::string_view what) {
  // "[json.exception.parse_error.101] parse error at line 1, column 2: ..."
  if (what.starts_with("[json.exception.")) {
    std::size_t place = what.find("column ");
    std::size_t end = place == std::string_view::npos ? what.find("] ")
                                                      : what.find(": ", place);
    if (end != std::string_view::npos)
      what.remove_prefix(end + 2);
  }
  return printable(what);
}

json parse_json(std::string_view text, const std::string &file,
                const JsonLimits &limits) {
  if (text.size() > limits.bytes)
    throw ModelError(file, "",
                     "has " + std::to_string(text.size()) +
                         " bytes, more than the " +
                         std::to_string(limits.bytes) + " that are allowed");
  if (std::optional<std::size_t> zero = zero_byte_in_json(text))
    throw ModelError(file, place_in_text(text, *zero),
                     "is not valid JSON: there is a byte 0");
  TreeBuilder builder(limits);
  if (!json::sax_parse(text.begin(), text.end(), &builder))
    throw ModelError(file,
                     builder.position()
                         ? place_in_text(text, *builder.position())
                         : std::string(),
                     builder.problem());
  return builder.take();
}

} // namespace girih::llm
