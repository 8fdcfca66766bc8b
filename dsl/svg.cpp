// SPDX-License-Identifier: Apache-2.0
#include "girih/dsl/svg.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace girih {
namespace {

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.7g", std::round(value * 10) / 10);
  return text;
}

std::string attribute(const char *name, const std::string &value) {
  return std::string(" ") + name + "=\"" + value + "\"";
}

std::string escaped(std::string_view text) {
  std::string out;
  for (char c : text)
    out += c == '<' ? "&lt;" : c == '&' ? "&amp;" : std::string(1, c);
  return out;
}

std::string rectangle(double x, double y, double width, double height) {
  return "<rect" + attribute("x", number(x)) + attribute("y", number(y)) +
         attribute("width", number(width)) +
         attribute("height", number(height));
}

} // namespace

void SvgCanvas::reach(double x, double y) {
  width_ = std::max(width_, x);
  height_ = std::max(height_, y);
}

void SvgCanvas::box(double x, double y, double width, double height,
                    const std::vector<std::string> &fills,
                    std::string_view title) {
  reach(x + width, y + height);
  double band = width / static_cast<double>(fills.size());
  body_ += "<g><title>" + escaped(title) + "</title>";
  for (std::size_t i = 0; i < fills.size(); ++i)
    body_ += rectangle(x + band * static_cast<double>(i), y, band, height) +
             attribute("fill", fills[i]) + "/>";
  body_ += rectangle(x, y, width, height) +
           " fill=\"none\" stroke=\"#b8b8b8\" stroke-width=\"0.5\"/></g>\n";
}

void SvgCanvas::outline(double x, double y, double width, double height,
                        double weight) {
  reach(x + width + weight, y + height + weight);
  body_ += rectangle(x, y, width, height) +
           " fill=\"none\" stroke=\"#222222\"" +
           attribute("stroke-width", number(weight)) + "/>\n";
}

void SvgCanvas::line(double x1, double y1, double x2, double y2,
                     double weight) {
  reach(std::max(x1, x2), std::max(y1, y2));
  body_ += "<line" + attribute("x1", number(x1)) + attribute("y1", number(y1)) +
           attribute("x2", number(x2)) + attribute("y2", number(y2)) +
           attribute("stroke-width", number(weight)) +
           " stroke=\"#222222\" stroke-linecap=\"square\"/>\n";
}

void SvgCanvas::text(double x, double y, std::string_view words,
                     const Font &font) {
  bool middle = font.anchor == Anchor::middle;
  double width = font.size * 0.58 * static_cast<double>(words.size());
  reach(middle ? x + width / 2 : x + width, y + font.size * 0.3);
  body_ += "<text" + attribute("x", number(x)) + attribute("y", number(y)) +
           attribute("font-size", number(font.size)) +
           attribute("fill", std::string(font.colour)) +
           (middle ? " text-anchor=\"middle\"" : "") +
           (font.bold ? " font-weight=\"bold\"" : "") + ">" + escaped(words) +
           "</text>\n";
}

std::string SvgCanvas::finish() const {
  std::string width = number(std::ceil(width_ + 16));
  std::string height = number(std::ceil(height_ + 16));
  return "<svg xmlns=\"http://www.w3.org/2000/svg\"" +
         attribute("width", width) + attribute("height", height) +
         attribute("viewBox", "0 0 " + width + " " + height) +
         " font-family=\"Helvetica, Arial, sans-serif\">\n"
         "<defs><pattern id=\"outside\" width=\"5\" height=\"5\" "
         "patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">"
         "<rect width=\"5\" height=\"5\" fill=\"#f4f4f4\"/>"
         "<rect width=\"1.2\" height=\"5\" "
         "fill=\"#dadada\"/></pattern></defs>\n"
         "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n" +
         body_ + "</svg>\n";
}

std::string colour_of(std::size_t i) {
  // Hues a golden angle apart, in two lightnesses.
  double hue = std::fmod(static_cast<double>(i) * 0.61803398875, 1.0) * 6;
  double light = i % 2 ? 0.72 : 0.84, spread = i % 2 ? 0.17 : 0.13;
  auto channel = [&](double shift) {
    double at = std::fmod(hue + shift, 6.0);
    double part = at < 1 ? at : at < 3 ? 1 : at < 4 ? 4 - at : 0;
    return std::lround(255 * (light + spread * (2 * part - 1)));
  };
  char text[16];
  std::snprintf(text, sizeof text, "#%02lx%02lx%02lx", channel(2), channel(0),
                channel(4));
  return text;
}

} // namespace girih
