// SPDX-License-Identifier: Apache-2.0
// The assembler puts the files into the object as they are: a list of ten
// million numbers would take a compiler minutes.
#include "girih/examples/llm/weights/default_model.h"

#include "girih/examples/llm/error.h"

// Weights are aligned as in a mapped file or better. Hidden: the bundle's
// library must not export them.
#define GIRIH_EMBED(symbol, file)                                              \
  asm(".pushsection .rodata\n"                                                 \
      ".balign 64\n"                                                           \
      ".global girih_bard_" #symbol "\n"                                       \
      ".hidden girih_bard_" #symbol "\n"                                       \
      "girih_bard_" #symbol ":\n"                                              \
      ".incbin \"" GIRIH_DEFAULT_MODEL "/" file "\"\n"                         \
      ".global girih_bard_" #symbol "_end\n"                                   \
      ".hidden girih_bard_" #symbol "_end\n"                                   \
      "girih_bard_" #symbol "_end:\n"                                          \
      ".byte 0\n"                                                              \
      ".popsection\n");                                                        \
  extern "C" const std::byte girih_bard_##symbol[], girih_bard_##symbol##_end[];

GIRIH_EMBED(config, "config.json")
GIRIH_EMBED(generation, "generation_config.json")
GIRIH_EMBED(weights, "model.safetensors")
GIRIH_EMBED(reference, "reference.json")
GIRIH_EMBED(tokenizer, "tokenizer.json")
GIRIH_EMBED(tokenizer_config, "tokenizer_config.json")

namespace girih::llm {

std::span<const EmbeddedFile> default_model_files() {
  static const EmbeddedFile files[] = {
      {"config.json", {girih_bard_config, girih_bard_config_end}},
      {"generation_config.json",
       {girih_bard_generation, girih_bard_generation_end}},
      {"model.safetensors", {girih_bard_weights, girih_bard_weights_end}},
      {"reference.json", {girih_bard_reference, girih_bard_reference_end}},
      {"tokenizer.json", {girih_bard_tokenizer, girih_bard_tokenizer_end}},
      {"tokenizer_config.json",
       {girih_bard_tokenizer_config, girih_bard_tokenizer_config_end}},
  };
  return files;
}

const EmbeddedFile &default_model_file(std::string_view name) {
  for (const EmbeddedFile &each : default_model_files())
    if (each.name == name)
      return each;
  throw ModelError(default_model_path(name), "", "there is no such file");
}

std::string default_model_path(std::string_view name) {
  return "bard-5m (built in)/" + std::string(name);
}

} // namespace girih::llm
