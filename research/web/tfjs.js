/**
 * TensorFlow.js: the wasm backend with SIMD on one thread, with the generator built from its NHWC
 * operations.
 */

import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { tensorsOf } from './safetensors.js';

/** Loads the library. */
export async function load() {
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  setWasmPaths('/libraries/');
  await tf.setBackend('wasm');
  await tf.ready();
}

/** Returns the stages as functions from planes to Δp, and a function that frees them. */
export function stages({ weights, shape }) {
  const tensors = tensorsOf(weights);
  const weightTensors = [];
  const keep = (tensor) => {
    weightTensors.push(tf.keep(tensor));
    return tensor;
  };
  const inputs = shape[1];
  const generator = (stage) =>
    tf.tidy(() => {
      const get = (name) => tensors[`stages.${stage}.${name}`];
      const tensor = (name) => tf.tensor(get(name).values, get(name).shape);
      const layers = [];
      for (let i = 1; get(`conv${i}.weight`); i++) {
        // Transpose OIHW to HWIO.
        layers.push([keep(tf.transpose(tensor(`conv${i}.weight`), [2, 3, 1, 0])), keep(tensor(`conv${i}.bias`))]);
      }
      let [height, width] = shape.slice(2);
      for (const _ of layers) [height, width] = [Math.ceil(height / 2), Math.ceil(width / 2)];
      const [hidden] = get('fc1.weight').shape;
      const channels = get('fc1.weight').shape[1] / (height * width);
      // Transpose the features from CHW to HWC.
      const planes = tf.reshape(tensor('fc1.weight'), [hidden, channels, height, width]);
      const first = tf.reshape(tf.transpose(planes, [2, 3, 1, 0]), [-1, hidden]);
      const [w1, w2] = [keep(first), keep(tf.transpose(tensor('fc2.weight')))];
      const [b1, b2] = [keep(tensor('fc1.bias')), keep(tensor('fc2.bias'))];
      return (planes) => {
        const output = tf.tidy(() => {
          let image = tf.reshape(tf.transpose(tf.tensor(planes, [inputs, shape[2] * shape[3]])), [
            1,
            shape[2],
            shape[3],
            inputs,
          ]);
          let features = image;
          for (const [weight, bias] of layers) {
            features = tf.fused.conv2d({
              x: features,
              filter: weight,
              strides: 2,
              pad: 'same',
              bias,
              activation: 'relu',
            });
            const [down, across] = [image.shape[1] % 2, image.shape[2] % 2];
            if (down || across)
              image = tf.pad(image, [
                [0, 0],
                [0, down],
                [0, across],
                [0, 0],
              ]);
            image = tf.avgPool(image, 2, 2, 'valid');
            features = tf.concat([features, image], 3);
          }
          const hidden = tf.fused.matMul({ a: tf.reshape(features, [1, -1]), b: w1, bias: b1, activation: 'relu' });
          return tf.fused.matMul({ a: hidden, b: w2, bias: b2 });
        });
        const values = output.dataSync();
        output.dispose();
        return values;
      };
    });
  const count = new Set(
    Object.keys(tensors)
      .map((name) => name.match(/^stages\.(\d+)\./)?.[1])
      .filter(Boolean),
  ).size;
  return {
    run: Array.from({ length: count }, (_, stage) => generator(stage)),
    free: () => {
      for (const tensor of weightTensors) tensor.dispose();
    },
  };
}
