// SPDX-License-Identifier: Apache-2.0
// Loops: the iterator of a range-based for tells the recorder where a body
// begins and ends.
#include "girih/dsl/recorder.h"
#include "girih/dsl/support/diagnostics.h"

namespace girih {

Range::Range(IndexArgument begin, IndexArgument end, std::int64_t step,
             SourceLine where)
    : recorder_(&Recorder::current("range()", where)), begin_(begin.value()),
      count_(0), step_(step), where_(std::move(where)) {
  if (step < 1)
    throw CompileError(ErrorId::loop_step, where_, {step});
  auto combine = [&](Function function, ValueId lhs, ValueId rhs) {
    return recorder_->index_binary(function, lhs, rhs, where_);
  };
  auto number = [&](std::int64_t value) {
    return recorder_->index(value, where_);
  };
  count_ = combine(Function::sub, end.value(), begin_);
  if (step > 1)
    count_ =
        combine(Function::floordiv,
                combine(Function::add, count_, number(step - 1)), number(step));
}

Range::~Range() {
  // A range() that was kept may outlive its recording.
  if (state_ == State::open && Recorder::is_open(recorder_))
    recorder_->abandon_loop(loop_, where_);
}

Range::Iterator Range::begin() {
  if (state_ != State::fresh)
    throw CompileError(ErrorId::loop_reused, where_);
  loop_ = recorder_->enter_loop(count_, where_);
  state_ = State::open;
  return Iterator(this);
}

Index Range::Iterator::operator*() const {
  Recorder &recorder = *range_->recorder_;
  const SourceLine &where = range_->where_;
  ValueId value = recorder.induction(range_->loop_, where);
  if (range_->step_ > 1)
    value = recorder.index_binary(Function::mul, value,
                                  recorder.index(range_->step_, where), where);
  value = recorder.index_binary(Function::add, value, range_->begin_, where);
  return recorder.index_value(value, where);
}

Range::Iterator &Range::Iterator::operator++() {
  range_->recorder_->leave_loop(range_->loop_, range_->where_);
  range_->state_ = State::closed;
  return *this;
}

bool Range::Iterator::operator!=(const Iterator &) const {
  return range_->state_ == State::open;
}

Range range(IndexArgument n, std::source_location where) {
  return Range(IndexArgument(0, where), n, 1, where);
}

Range range(IndexArgument begin, IndexArgument end, std::int64_t step,
            std::source_location where) {
  return Range(begin, end, step, where);
}

} // namespace girih
