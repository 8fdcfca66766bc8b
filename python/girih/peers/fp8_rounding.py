# SPDX-License-Identifier: Apache-2.0
"""How far logits move when activations are rounded to e4m3: python3 -m girih.peers.fp8_rounding DIRECTORY

The directory is that of a DeepSeek-V3 model with fp8 weights in blocks and a reference.json of prompts and last logits.
transformers' model runs in f32 on dequantised weights, once as it is and once with the input of every product whose
weights are fp8 rounded to e4m3 by 1x128 blocks; printed are relative L2 distances to the reference."""
import json
import pathlib
import sys

import torch
from safetensors.torch import load_file
from transformers import AutoConfig, AutoModelForCausalLM

BLOCK = 128
plain_linear = torch.nn.functional.linear


def dequantised(folder):
    """Tensors by name in f32, and the names of those that were fp8."""
    stored = {}
    for path in sorted(folder.glob("*.safetensors")):
        stored.update(load_file(path))
    tensors, narrow = {}, set()
    for name, value in stored.items():
        scale = stored.get(name + "_scale_inv")
        if scale is not None:
            spread = scale.float().repeat_interleave(BLOCK, 0).repeat_interleave(BLOCK, 1)
            value = value.float() * spread[:value.shape[0], :value.shape[1]]
            narrow.add(name)
        tensors[name] = value.float()
    return tensors, narrow


def stacked(name, experts, tensors):
    """A tensor of all experts, as transformers 5 holds them."""
    base, kind = name.rsplit(".", 1)
    parts = {"gate_up_proj": ("gate_proj", "up_proj"), "down_proj": ("down_proj",)}[kind]
    return torch.stack([torch.cat([tensors[f"{base}.{e}.{part}.weight"] for part in parts]) for e in range(experts)])


def rounded(x):
    width = x.shape[-1]
    blocks = torch.nn.functional.pad(x, (0, -width % BLOCK)).unflatten(-1, (-1, BLOCK))
    scale = blocks.abs().amax(-1, keepdim=True).clamp(min=1e-4) / 448
    return ((blocks / scale).to(torch.float8_e4m3fn).float() * scale).flatten(-2)[..., :width]


def load(folder):
    """The model, and the addresses of weights that were fp8."""
    tensors, narrow = dequantised(folder)
    config = AutoConfig.from_pretrained(folder)
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32, attn_implementation="eager",
                                             experts_implementation="eager").eval()
    fused = {name for name in model.state_dict() if name.endswith((".experts.gate_up_proj", ".experts.down_proj"))}
    state = model.state_dict()
    model.load_state_dict({name: stacked(name, state[name].shape[0], tensors) if name in fused else tensors[name]
                           for name in state})
    return model, {parameter.untyped_storage().data_ptr() for name, parameter in model.named_parameters()
                   if name in narrow or name in fused}


def main():
    folder = pathlib.Path(sys.argv[1])
    model, addresses = load(folder)

    def linear(x, weight, bias=None):
        return plain_linear(rounded(x) if weight.untyped_storage().data_ptr() in addresses else x, weight, bias)

    for prompt in json.loads((folder / "reference.json").read_text()):
        wanted = torch.tensor(prompt["logits_last"])
        distances = []
        for product in (plain_linear, linear):
            torch.nn.functional.linear = product
            with torch.no_grad():
                logits = model(torch.tensor([prompt["prompt"]])).logits[0, -1]
            distances.append(((logits - wanted).norm() / wanted.norm()).item())
        print(f"{len(prompt['prompt'])} tokens: {distances[0]:.2e} as it is, {distances[1]:.4f} with rounded activations")


if __name__ == "__main__":
    main()
