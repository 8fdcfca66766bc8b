// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/fuzz/json_mutator.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace girih::llm {

namespace {

using nlohmann::json;

// Where sums, products and conversions end.
constexpr std::int64_t edges[] = {-1,
                                  0,
                                  1,
                                  2,
                                  15,
                                  16,
                                  17,
                                  255,
                                  65536,
                                  INT32_MAX,
                                  std::int64_t{1} << 32,
                                  (std::int64_t{1} << 53) + 1,
                                  INT64_MAX,
                                  INT64_MIN};

class Mutator {
public:
  Mutator(const FuzzVocabulary &vocabulary, std::uint64_t seed)
      : words_(vocabulary), random_(seed) {}

  void change(json &tree) {
    switch (below(10)) {
    case 0:
      tree.merge_patch(json::parse(any(words_.blocks).text));
      break;
    case 1:
      if (json *value = any_value(tree))
        *value = other_type(*value);
      break;
    case 2:
      if (!tree.empty())
        tree.erase(
            std::next(tree.begin(), std::ptrdiff_t(below(tree.size()))).key());
      break;
    case 3:
    case 4:
      if (json *value = any_value(tree))
        *value = near(*value);
      break;
    default:
      set(tree, any(words_.fields));
    }
  }

  std::size_t below(std::size_t limit) { return random_() % limit; }

private:
  template <class List> const typename List::value_type &any(const List &list) {
    return list[below(list.size())];
  }

  /// A value somewhere in the tree, often deep.
  json *any_value(json &tree) {
    if (!tree.is_structured() || tree.empty())
      return nullptr;
    json &child = *std::next(tree.begin(), std::ptrdiff_t(below(tree.size())));
    json *deeper = below(4) ? any_value(child) : nullptr;
    return deeper ? deeper : &child;
  }

  void set(json &tree, const FuzzField &field) {
    json *object = &tree;
    std::string_view name = field.name;
    for (std::size_t dot; (dot = name.find('.')) != std::string_view::npos;
         name.remove_prefix(dot + 1)) {
      object = &(*object)[std::string(name.substr(0, dot))];
      if (!object->is_object())
        *object = json::object();
    }
    (*object)[std::string(name)] = value_of(field);
  }

  json value_of(const FuzzField &field) {
    switch (field.kind) {
    case FuzzField::Kind::integer:
      return std::int64_t(std::round(number(field)));
    case FuzzField::Kind::real:
      return number(field);
    case FuzzField::Kind::flag:
      return below(2) == 0;
    case FuzzField::Kind::text:
      return any(field.words);
    case FuzzField::Kind::integers:
    case FuzzField::Kind::texts:
      break;
    }
    json list = json::array();
    for (std::size_t n = below(5); n > 0; --n)
      list.push_back(field.kind == FuzzField::Kind::texts
                         ? json(any(field.words))
                         : json(std::int64_t(std::round(number(field)))));
    return list;
  }

  double number(const FuzzField &field) {
    const double part = std::uniform_real_distribution<double>(0, 1)(random_);
    switch (below(8)) {
    case 0:
      return field.least;
    case 1:
      return field.most;
    case 2:
      return below(4) ? field.most : field.most + 1;
    case 3:
      return below(4) ? field.least : field.least - 1;
    case 4: // a multiple of what sizes are multiples of
      return std::min(field.most,
                      std::exp2(std::floor(part * std::log2(field.most + 1))));
    case 5:
      return field.least + part * (field.most - field.least);
    default: // each magnitude alike
      return field.least +
             std::expm1(part * std::log1p(field.most - field.least));
    }
  }

  json near(const json &value) {
    if (value.is_number_integer()) {
      const auto old = value.get<std::int64_t>();
      const std::int64_t some =
          any(std::vector<std::int64_t>(std::begin(edges), std::end(edges)));
      if (old < -(std::int64_t{1} << 60) || old > std::int64_t{1} << 60)
        return some;
      switch (below(5)) {
      case 0:
        return old + 1;
      case 1:
        return old - 1;
      case 2:
        return old * 2;
      case 3:
        return old / 2;
      default:
        return some;
      }
    }
    if (value.is_number())
      return value.get<double>() * (below(2) ? 1 + 1e-6 : 1e3);
    if (value.is_boolean())
      return !value.get<bool>();
    if (value.is_array() && !value.empty()) {
      json longer = value;
      for (std::size_t n = below(3) ? 1 : below(100); n > 0; --n)
        longer.push_back(value[below(value.size())]);
      return longer;
    }
    return other_type(value);
  }

  json other_type(const json &value) {
    switch (below(8)) {
    case 0:
      return nullptr;
    case 1:
      return json::array({value});
    case 2:
      return json::object({{"factor", value}});
    case 3:
      return value.is_structured() ? json("") : json(value.dump());
    case 4:
      return 0.5;
    case 5:
      return std::int64_t(below(300));
    case 6:
      return std::string(below(300), 'x');
    default:
      return true;
    }
  }

  const FuzzVocabulary &words_;
  FuzzRandom random_;
};

} // namespace

std::string mutate_json(std::string_view text, const FuzzVocabulary &vocabulary,
                        std::uint64_t seed) {
  json tree = json::parse(text, nullptr, false);
  if (!tree.is_object())
    tree = json::object();
  Mutator mutator(vocabulary, seed);
  for (std::size_t n = 1 + mutator.below(4); n > 0; --n)
    mutator.change(tree);
  return tree.dump(-1, ' ', false, json::error_handler_t::replace);
}

} // namespace girih::llm
