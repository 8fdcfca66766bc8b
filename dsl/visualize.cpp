// SPDX-License-Identifier: Apache-2.0
// Lays out the pictures of arrangements.
#include "girih/dsl/visualize.h"

#include "girih/dsl/arrangement.h"
#include "girih/dsl/program_text.h"
#include "girih/dsl/support/diagnostics.h"
#include "girih/dsl/svg.h"

#include <algorithm>

namespace girih {
namespace {

using Sizes = std::vector<std::int64_t>;
using Font = SvgCanvas::Font;

// What a page holds.
constexpr std::int64_t max_source = 4096, max_elements = 65536;
constexpr std::int64_t shown_programs = 32, shown_tiles = 16;
constexpr double page_width = 1000, margin = 16, gap = 14;
constexpr std::int64_t row_length = 32; // of a vector

struct Drawn {
  std::string name;
  Sizes shape;
  IndexTable table;
};

std::int64_t product(const Sizes &sizes) {
  std::int64_t out = 1;
  for (std::int64_t each : sizes)
    out *= each;
  return out;
}

Sizes place_of(std::int64_t flat, const Sizes &sizes) {
  Sizes out(sizes.size());
  for (std::size_t d = sizes.size(); d-- > 0; flat /= sizes[d])
    out[d] = flat % sizes[d];
  return out;
}

// Where the cells of an array are: rows and columns, the leading dimensions
// beside each other. Two arrays of one shape look alike.
class CellGrid {
public:
  CellGrid(Sizes shape, double cell) : shape_(std::move(shape)), cell_(cell) {
    std::size_t rank = shape_.size();
    if (rank == 1) {
      columns_ = std::min(shape_[0], row_length);
      rows_ = columns_ ? (shape_[0] + columns_ - 1) / columns_ : 0;
    } else if (rank > 1) {
      columns_ = shape_[rank - 1];
      rows_ = shape_[rank - 2];
      leading_.assign(shape_.begin(), shape_.end() - 2);
    }
    captions_ = leading_.empty() ? 0 : 14;
    std::int64_t blocks = product(leading_);
    double room = page_width - 2 * margin + gap;
    across_ = std::max<std::int64_t>(
        1, std::min(blocks, static_cast<std::int64_t>(room / (width_of(1)))));
    down_ = (blocks + across_ - 1) / across_;
  }

  double width() const { return width_of(across_) - gap; }
  double height() const {
    return static_cast<double>(down_) * (block_height() + gap) - gap;
  }
  double cell() const { return cell_; }

  struct Corner {
    double x, y;
  };
  // Upper left corner of an element, row-major number `flat`.
  Corner corner(std::int64_t flat) const {
    std::int64_t block = 0, row = 0, column = 0;
    if (rows_ * columns_ > 0) {
      block = shape_.size() < 2 ? 0 : flat / (rows_ * columns_);
      row = (shape_.size() < 2 ? flat : flat % (rows_ * columns_)) / columns_;
      column = flat % columns_;
    }
    Corner out = origin(block);
    return {out.x + static_cast<double>(column) * cell_,
            out.y + static_cast<double>(row) * cell_};
  }
  void captions(SvgCanvas &canvas, double x, double y) const {
    for (std::int64_t i = 0; captions_ > 0 && i < product(leading_); ++i) {
      Corner at = origin(i);
      std::string text = to_string(place_of(i, leading_));
      text.back() = ',';
      canvas.text(x + at.x, y + at.y - 3, text + " :, :]", {.size = 9});
    }
  }

private:
  double width_of(std::int64_t blocks) const {
    return static_cast<double>(blocks) *
           (static_cast<double>(columns_) * cell_ + gap);
  }
  double block_height() const {
    return captions_ + static_cast<double>(rows_) * cell_;
  }
  Corner origin(std::int64_t block) const {
    return {static_cast<double>(block % across_) * width_of(1),
            captions_ +
                static_cast<double>(block / across_) * (block_height() + gap)};
  }

  Sizes shape_, leading_;
  double cell_, captions_ = 0;
  std::int64_t rows_ = 1, columns_ = 1, across_ = 1, down_ = 1;
};

void number_in(SvgCanvas &canvas, double x, double y, double cell,
               std::int64_t value) {
  std::string text = std::to_string(value);
  double size = std::min(
      10.0, 1.55 * (cell - 3) /
                static_cast<double>(std::max<std::size_t>(text.size(), 1)));
  if (size < 5)
    return;
  canvas.text(x + cell / 2, y + cell / 2 + size * 0.36, text,
              {.size = size,
               .anchor = SvgCanvas::Anchor::middle,
               .colour = value < 0 ? "#6e6e6e" : "#222222"});
}

class OperandPicture {
public:
  OperandPicture(SvgCanvas &canvas, const Drawn &drawn)
      : canvas_(canvas), drawn_(drawn), grid_(drawn.table.levels.front()) {
    const auto &levels = drawn.table.levels;
    if (levels.size() > 1)
      tile_ = levels.back();
    for (std::size_t i = 1; i + 1 < levels.size(); ++i)
      middle_.insert(middle_.end(), levels[i].begin(), levels[i].end());
    cell_ = 26;
    std::int64_t widest = drawn.shape.empty() ? 1 : drawn.shape.back();
    if (drawn.shape.size() > 1)
      cell_ =
          std::clamp((page_width - 2 * margin) /
                         static_cast<double>(std::max<std::int64_t>(widest, 1)),
                     8.0, 26.0);
  }

  // Gives the height below `top` that it took.
  double draw(double top) {
    double y = title(top);
    y = source(y) + 24;
    return programs(y);
  }

private:
  double title(double y) {
    canvas_.text(margin, y + 14, drawn_.name + to_string(drawn_.shape),
                 {.size = 15, .bold = true});
    std::string text = "grid " + to_string(grid_);
    for (std::size_t i = 1; i + 1 < drawn_.table.levels.size(); ++i)
      text += "   level " + to_string(drawn_.table.levels[i]);
    if (drawn_.table.levels.size() > 1)
      text += "   tile " + to_string(tile_);
    canvas_.text(margin, y + 32, text, {.size = 11, .colour = "#666666"});
    return y + 44;
  }

  // Programs and tiles that hold each element, in order.
  void find_holders() {
    auto count = static_cast<std::size_t>(product(drawn_.shape));
    programs_of_.assign(count, {});
    tiles_of_.assign(count, {});
    std::int64_t lanes = std::max<std::int64_t>(product(tile_), 1);
    std::int64_t tiles = std::max<std::int64_t>(product(middle_), 1);
    for (std::size_t i = 0; i < drawn_.table.elements.size(); ++i) {
      std::int64_t element = drawn_.table.elements[i];
      if (element < 0)
        continue;
      auto at = static_cast<std::size_t>(element);
      std::int64_t tile = static_cast<std::int64_t>(i) / lanes;
      add(tiles_of_[at], tile);
      add(programs_of_[at], tile / tiles);
    }
  }
  static void add(Sizes &list, std::int64_t value) {
    if (list.empty() || list.back() != value)
      list.push_back(value);
  }

  double source(double y) {
    find_holders();
    CellGrid cells(drawn_.shape, cell_);
    cells.captions(canvas_, margin, y);
    auto count = static_cast<std::int64_t>(programs_of_.size());
    for (std::int64_t i = 0; i < count; ++i) {
      auto [x, down] = cells.corner(i);
      canvas_.box(margin + x, y + down, cell_, cell_, colours(i), holders(i));
      number_in(canvas_, margin + x, y + down, cell_, i);
    }
    for (std::int64_t i = 0; i < count; ++i)
      borders(cells, i, y);
    return y + std::max(cells.height(), 0.0);
  }

  std::vector<std::string> colours(std::int64_t element) const {
    constexpr std::size_t most = 6; // bands in a cell
    const Sizes &programs = programs_of_[static_cast<std::size_t>(element)];
    std::vector<std::string> out;
    for (std::size_t i = 0; i < programs.size() && i < most; ++i)
      out.push_back(colour_of(static_cast<std::size_t>(programs[i])));
    if (programs.size() > most)
      out.back() = "#dddddd";
    if (out.empty())
      out.emplace_back("#ffffff");
    return out;
  }

  std::string holders(std::int64_t element) const {
    const Sizes &programs = programs_of_[static_cast<std::size_t>(element)];
    std::string out = to_string(place_of(element, drawn_.shape)) +
                      (programs.empty() ? ": in no program" : ": program");
    for (std::size_t i = 0; i < programs.size() && i < 8; ++i)
      out += (i ? ", " : " ") + to_string(place_of(programs[i], grid_));
    return out + (programs.size() > 8 ? ", ..." : "");
  }

  // Heavy lines where a neighbour to the right or below is in other tiles.
  void borders(const CellGrid &cells, std::int64_t i, double y) {
    const Sizes &own = tiles_of_[static_cast<std::size_t>(i)];
    auto [x, down] = cells.corner(i);
    double left = margin + x, top = y + down, end = left + cell_;
    double bottom = top + cell_;
    Sizes place = place_of(i, drawn_.shape);
    std::size_t rank = place.size();
    // The element `steps` before or after along dimension d, or none.
    auto differs = [&](std::size_t d, int by) {
      if (rank == 0)
        return true;
      std::int64_t step = d + 1 == rank ? 1 : drawn_.shape[rank - 1];
      std::int64_t to = place[d] + by;
      return to < 0 || to >= drawn_.shape[d] ||
             tiles_of_[static_cast<std::size_t>(i + by * step)] != own;
    };
    std::size_t last = rank ? rank - 1 : 0;
    if (differs(last, 1))
      canvas_.line(end, top, end, bottom, 1.6);
    if (differs(last, -1))
      canvas_.line(left, top, left, bottom, 1.6);
    if (rank < 2 || differs(rank - 2, 1))
      canvas_.line(left, bottom, end, bottom, 1.6);
    if (rank < 2 || differs(rank - 2, -1))
      canvas_.line(left, top, end, top, 1.6);
  }

  double programs(double y) {
    std::int64_t count = product(grid_);
    std::int64_t tiles = product(middle_), lanes = product(tile_);
    if (count * tiles * lanes == 0) {
      canvas_.text(margin, y, "no programs, or nothing in them", {});
      return y + 12;
    }
    double x = margin, tallest = 0;
    std::int64_t shown = std::min(count, shown_programs);
    for (std::int64_t i = 0; i < shown; ++i) {
      double width = card_width();
      if (x > margin && x + width > page_width - margin) {
        x = margin;
        y += tallest + gap;
        tallest = 0;
      }
      tallest = std::max(tallest, card(i, x, y));
      x += width + gap + 6;
    }
    y += tallest;
    if (shown < count)
      canvas_.text(margin, y += 18,
                   std::to_string(count - shown) + " more programs", {});
    return y;
  }

  std::int64_t tiles_shown() const {
    return std::min(product(middle_), shown_tiles);
  }
  std::int64_t tiles_across() const {
    double one = CellGrid(tile_, 24).width() + gap;
    auto fit = static_cast<std::int64_t>((page_width - 2 * margin) / one);
    return std::clamp<std::int64_t>(tiles_shown(), 1,
                                    std::max<std::int64_t>(fit, 1));
  }
  std::string title_of(std::int64_t program) const {
    return "program " + to_string(place_of(program, grid_));
  }
  double card_width() const {
    double one = CellGrid(tile_, 24).width() + gap;
    double caption = 14 + 6.3 * static_cast<double>(title_of(0).size());
    return std::max(static_cast<double>(tiles_across()) * one - gap, caption);
  }

  // One program: its tiles, level index by level index.
  double card(std::int64_t program, double x, double y) {
    canvas_.box(x, y - 9, 10, 10,
                {colour_of(static_cast<std::size_t>(program))}, "");
    canvas_.text(x + 14, y, title_of(program), {.size = 10, .bold = true});
    CellGrid cells(tile_, 24);
    double caption = middle_.empty() ? 6 : 18;
    double step = caption + cells.height() + 4;
    std::int64_t across = tiles_across(), tiles = product(middle_);
    for (std::int64_t i = 0; i < tiles_shown(); ++i) {
      double left = x + static_cast<double>(i % across) * (cells.width() + gap);
      double top = y + static_cast<double>(i / across) * step;
      if (!middle_.empty())
        canvas_.text(left, top + 14, to_string(place_of(i, middle_)),
                     {.size = 9});
      lanes(cells, program, (program * tiles + i) * product(tile_), left,
            top + caption);
    }
    std::int64_t lines = (tiles_shown() + across - 1) / across;
    double height = static_cast<double>(lines) * step;
    if (tiles > tiles_shown())
      canvas_.text(x, y + (height += 14),
                   std::to_string(tiles - tiles_shown()) + " more", {});
    return height;
  }

  void lanes(const CellGrid &cells, std::int64_t program, std::int64_t first,
             double x, double y) {
    cells.captions(canvas_, x, y);
    std::string own = colour_of(static_cast<std::size_t>(program));
    for (std::int64_t i = 0; i < product(tile_); ++i) {
      auto [right, down] = cells.corner(i);
      std::int64_t element =
          drawn_.table.elements[static_cast<std::size_t>(first + i)];
      bool outside = element < 0;
      canvas_.box(x + right, y + down, cells.cell(), cells.cell(),
                  {outside ? SvgCanvas::hatched : own},
                  outside ? "outside the source"
                          : to_string(place_of(element, drawn_.shape)));
      number_in(canvas_, x + right, y + down, cells.cell(), element);
    }
    canvas_.outline(x, y, cells.width(), cells.height(), 1.2);
  }

  SvgCanvas &canvas_;
  const Drawn &drawn_;
  const Sizes &grid_;
  Sizes middle_, tile_;
  double cell_;
  std::vector<Sizes> programs_of_, tiles_of_;
};

// As the inside of a JSON string.
std::string json_text(const std::string &text) {
  constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (char c : text) {
    auto code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      out += std::string("\\") + c;
    else if (code < ' ')
      out += std::string("\\u00") + digits[code >> 4] + digits[code & 15];
    else
      out += c;
  }
  return out;
}

std::string json_of(const std::string &kernel,
                    const std::vector<Drawn> &operands) {
  std::string out =
      "{\"kernel\": \"" + json_text(kernel) + "\", \"operands\": [";
  for (std::size_t i = 0; i < operands.size(); ++i) {
    const Drawn &each = operands[i];
    out += std::string(i ? "," : "") + "\n  {\"name\": \"" +
           json_text(each.name) + "\", \"shape\": " + to_string(each.shape) +
           ", \"levels\": [";
    for (std::size_t level = 0; level < each.table.levels.size(); ++level)
      out += (level ? ", " : "") + to_string(each.table.levels[level]);
    out += "],\n   \"elements\": " + to_string(each.table.elements) + "}";
  }
  return out + "\n]}\n";
}

Picture picture_of(const std::string &kernel,
                   const std::vector<Drawn> &operands) {
  for (const Drawn &each : operands)
    if (product(each.shape) > max_source ||
        static_cast<std::int64_t>(each.table.elements.size()) > max_elements)
      throw RuntimeError(ErrorId::size,
                         {"a picture of operand " + each.name +
                              to_string(each.shape) + " has too many elements",
                          "visualize() is for shapes of at most " +
                              std::to_string(max_source) +
                              " elements; small ones show the same"});
  SvgCanvas canvas;
  double y = margin;
  if (!kernel.empty()) {
    canvas.text(margin, y + 16, kernel, {.size = 18, .bold = true});
    y += 34;
  }
  for (const Drawn &each : operands)
    y = OperandPicture(canvas, each).draw(y) + 28;
  return {canvas.finish(), json_of(kernel, operands)};
}

} // namespace

Picture visualize(const Program &program, const Shapes &shapes,
                  const Offsets &offsets) {
  std::vector<Drawn> drawn;
  check_grids(program, shapes);
  for (std::size_t i = 0; i < program.operands.size(); ++i)
    drawn.push_back({program.operands[i].name, shapes[i],
                     evaluate(program, static_cast<int>(i), shapes, offsets)});
  return picture_of(program.name, drawn);
}

Picture visualize(const KernelSource &source, const Config &config,
                  const Shapes &shapes, const Offsets &offsets) {
  std::vector<IndexTable> tables = evaluate(source, config, shapes, offsets);
  std::vector<Drawn> drawn;
  for (std::size_t i = 0; i < tables.size(); ++i)
    drawn.push_back({source.operand_names[i], shapes[i], std::move(tables[i])});
  return picture_of(source.name, drawn);
}

Picture visualize(const Tensor &tensor, const std::vector<std::int64_t> &shape,
                  const std::map<std::string, std::int64_t> &blocks,
                  const Offsets &offsets) {
  return picture_of(
      "", {{tensor.name(), shape, evaluate(tensor, shape, blocks, offsets)}});
}

} // namespace girih
