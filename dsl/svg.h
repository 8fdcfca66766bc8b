// SPDX-License-Identifier: Apache-2.0
// A picture in SVG, built shape by shape. Not public.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace girih {

/// Lengths are in pixels. The picture grows with what is drawn.
class SvgCanvas {
public:
  /// A filled box of any number of colours, in upright bands; `title` shows
  /// where a pointer rests on it.
  void box(double x, double y, double width, double height,
           const std::vector<std::string> &fills, std::string_view title);
  void outline(double x, double y, double width, double height, double weight);
  void line(double x1, double y1, double x2, double y2, double weight);

  enum class Anchor { start, middle };
  struct Font {
    double size = 11;
    bool bold = false;
    Anchor anchor = Anchor::start;
    std::string_view colour = "#333333";
  };
  /// `y` is the base line.
  void text(double x, double y, std::string_view words, const Font &font);

  /// The whole file.
  std::string finish() const;

  /// Fill of what is outside.
  static constexpr const char *hatched = "url(#outside)";

private:
  void reach(double x, double y);

  std::string body_;
  double width_ = 0, height_ = 0;
};

/// The colour of number `i`: neighbours differ.
std::string colour_of(std::size_t i);

} // namespace girih
