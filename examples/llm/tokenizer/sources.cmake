# SPDX-License-Identifier: Apache-2.0
# The exact tokenizer: PCRE2 and utf8proc are linked statically, so that a program that has it needs neither.
girih_find_archive(girih_pcre2 pcre2-8)
girih_find_archive(girih_utf8proc utf8proc)
foreach(name IN ITEMS added_tokens bpe bpe_model byte_map characters chat_recognition chat_template json_node lossy_utf8
    nfc pretokenizer regex regex_syntax tokenizer tokenizer_config tokenizer_json tokenizer_steps)
  list(APPEND girih_llm_sources tokenizer/${name}.cpp)
endforeach()
foreach(name IN ITEMS added_tokens bpe byte_map characters chat_template json_node lossy_utf8 nfc pretokenizer regex
    text_stream tokenizer tokenizer_file)
  list(APPEND girih_llm_headers tokenizer/${name}.h)
endforeach()
list(APPEND girih_llm_libs "${girih_pcre2}" "${girih_utf8proc}")
