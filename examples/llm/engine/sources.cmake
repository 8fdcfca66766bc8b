# SPDX-License-Identifier: Apache-2.0
list(APPEND girih_llm_sources
  engine/advance.cpp engine/decoder.cpp engine/engine.cpp engine/logits.cpp engine/memory_plan.cpp engine/prompt_pass.cpp
  engine/rows.cpp engine/stop_strings.cpp)
list(APPEND girih_llm_headers
  engine/advance.h engine/decoder.h engine/engine.h engine/memory_plan.h engine/prompt_pass.h engine/request.h engine/rows.h
  engine/sequence.h engine/stop_strings.h)
