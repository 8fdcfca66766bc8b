# SPDX-License-Identifier: Apache-2.0
list(APPEND SUPPORT sampling/filters.cpp sampling/likelihoods.cpp sampling/record_entries.cpp sampling/requests.cpp sampling/sample_kernels.cpp
  sampling/sample_launches.cpp sampling/sample_merge.cpp sampling/sample_parts.cpp sampling/sample_records.cpp
  sampling/sample_search.cpp sampling/sample_weigh.cpp sampling/sample_weights.cpp sampling/scores.cpp)
list(APPEND OPS
  sampling/sample.cpp
  sampling/apply_penalties.cpp
  sampling/logprobs.cpp
  sampling/beam_topk.cpp
)
