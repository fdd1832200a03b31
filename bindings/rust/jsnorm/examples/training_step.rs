// SPDX-License-Identifier: Apache-2.0
//! Steps of training with a batch norm that is followed by a residual and ReLU:
//! y = relu(norm(x) + z), with gamma and beta learned, then inference by the running statistics.
//!
//!     cargo run --example training_step

use jsnorm::{
    Activation, Average, Backend, Backward, ForwardInference, ForwardTraining, Handle, Layout,
    Norm, Result, Workspace,
};

const DIMS: [usize; 4] = [16, 8, 6, 6]; // N, C, H, W
const STEPS: usize = 40;
const RATE: f32 = 0.5;

/// What is learned, and the running statistics of inference.
struct Parameters {
    gamma: Vec<f32>,
    beta: Vec<f32>,
    running_mean: Vec<f32>,
    running_variance: Vec<f32>,
}

/// Numbers between -1 and 1 that look random.
fn noise(count: usize, mut state: u32) -> Vec<f32> {
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

/// Half the mean of the squared differences; its gradient takes the place of y.
fn loss_and_gradient(y: &mut [f32], target: &[f32]) -> f32 {
    let count = y.len() as f32;
    let mut loss = 0.0;
    for (y, target) in y.iter_mut().zip(target) {
        let difference = *y - target;
        loss += difference * difference / (2.0 * count);
        *y = difference / count;
    }
    loss
}

/// The losses of the steps, and the loss of inference afterwards.
fn train() -> Result<(Vec<f32>, f32)> {
    let handle = Handle::new(Backend::CPU)?;
    let norm = Norm::batch_norm().activation(Activation::RELU).build()?;
    let layout = Layout::<f32>::packed(&DIMS)?;
    let shape = norm.statistics_shape(&layout)?;
    let channels = shape.parameter_count;

    let (x, z) = (noise(layout.elements(), 1), noise(layout.elements(), 2));
    let target: Vec<f32> = x.iter().zip(&z).map(|(x, z)| (1.5 * x + 0.5 + z).max(0.0)).collect();
    let mut of = Parameters {
        gamma: vec![0.5; channels],
        beta: vec![0.0; channels],
        running_mean: vec![0.0; channels],
        running_variance: vec![1.0; channels],
    };
    // All memory of a step; nothing is allocated in the loop.
    let mut y = vec![0.0; layout.elements()];
    let mut mask = vec![0; layout.mask_words()?];
    let (mut mean, mut variance) = (vec![0.0; channels], vec![0.0; channels]);
    let (mut dgamma, mut dbeta) = (vec![0.0f32; channels], vec![0.0f32; channels]);
    let mut workspace = Workspace::new();

    let mut losses = Vec::new();
    for _ in 0..STEPS {
        ForwardTraining::new(layout.of(&x), layout.of_mut(&mut y))
            .z(layout.of(&z))
            .gamma(&of.gamma)
            .beta(&of.beta)
            .saved(&mut mean, &mut variance)
            .running(&mut of.running_mean, &mut of.running_variance, Average::Factor(0.1))
            .mask(&mut mask)
            .run(&handle, &norm, &mut workspace)?;
        losses.push(loss_and_gradient(&mut y, &target));
        // The gradient lies in y, and dx takes its place; layers before this one would go on from
        // there.
        Backward::dx_in_place(layout.of(&x), layout.of_mut(&mut y), &mean, &variance)
            .gamma(&of.gamma)
            .mask(&mask)
            .dgamma(&mut dgamma)
            .dbeta(&mut dbeta)
            .run(&handle, &norm, &mut workspace)?;
        for (parameter, gradient) in of.gamma.iter_mut().zip(&dgamma) {
            *parameter -= RATE * gradient * channels as f32;
        }
        for (parameter, gradient) in of.beta.iter_mut().zip(&dbeta) {
            *parameter -= RATE * gradient * channels as f32;
        }
    }

    ForwardInference::new(layout.of(&x), layout.of_mut(&mut y))
        .z(layout.of(&z))
        .gamma(&of.gamma)
        .beta(&of.beta)
        .running(&of.running_mean, &of.running_variance)
        .run(&handle, &norm, &mut workspace)?;
    Ok((losses, loss_and_gradient(&mut y, &target)))
}

fn main() -> Result<()> {
    let (losses, inference) = train()?;
    for (step, loss) in losses.iter().enumerate().step_by(STEPS / 10) {
        println!("step {step:3}: loss {loss:.2e}");
    }
    println!("inference: loss {inference:.2e}");
    Ok(())
}

#[test]
fn the_loss_falls_and_inference_agrees() {
    let (losses, inference) = train().unwrap();
    let last = losses[STEPS - 1];
    assert!(last < losses[0] / 20.0, "{} -> {last}", losses[0]);
    assert!(inference < losses[0] / 20.0, "{inference}");
}
