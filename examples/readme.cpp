// SPDX-License-Identifier: Apache-2.0
#include <girih/girih.h>
using namespace girih;

auto arrangement(Tensor a, Tensor b, Tensor c) {
  auto BM = block_size("BM"), BN = block_size("BN"), BK = block_size("BK");
  auto ct = c.tile({BM, BN});
  auto at = a.tile({BM, BK}).tile({1, whole}).expand({keep, ct.size(1)});
  auto bt = b.tile({BK, BN}).tile({whole, 1}).expand({ct.size(0), keep});
  return arranged(at.at(1, squeeze(0)), bt.at(1, squeeze(1)), ct);
}
void application(In a, In b, Out c) {
  Tile acc = zeros(c.shape(), f32);
  for (Index k : range(a.size(0)))
    acc += dot(a[k], b[k]);
  c = acc;
}
int main(int, char **) {
  Kernel matmul = make("matmul", arrangement, application);
  Array a = Array::zeros({512, 256}, bf16), b = Array::zeros({256, 384}, bf16);
  Array c = Array::empty({512, 384}, bf16); // on the GPU if there is one
  matmul(a, b, c); // recorded and compiled on first use, then cached
  return 0;
}
